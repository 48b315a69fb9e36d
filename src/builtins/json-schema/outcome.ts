/** What does not fit, in the words of OPA. */
export type Fault = {
  readonly type: string;
  readonly field: string;
  readonly desc: string;
};

/** Faults, and how well the document fitted all the same. */
export class Outcome {
  readonly faults: Fault[] = [];
  score = 0;

  get valid(): boolean {
    return this.faults.length === 0;
  }

  add(path: string, type: string, desc: string): void {
    this.faults.push({ type, field: path.replace(/^\(Root\)\./, ""), desc });
    this.score -= 2;
  }

  merge(other: Outcome): void {
    for (const fault of other.faults) {
      this.faults.push(fault);
    }
    this.score += other.score;
  }
}
