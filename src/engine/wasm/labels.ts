import type { Instruction } from "./foreign-module.ts";
import { opcode } from "./instructions.ts";

/** A block that is open: how many were open around it as they are written, and whether it is two. */
type Open = { readonly at: number; readonly isDoubled: boolean };

/** What labels become when some loops are written as two, one in the other. */
export class Labels {
  /** Blocks that are open, as they are written. */
  depth = 0;
  private readonly open: Open[] = [];

  /** Whether labels are any others than before. */
  get moved(): boolean {
    return this.depth !== this.open.length;
  }

  get innermostIsDoubled(): boolean {
    return this.open.at(-1)?.isDoubled ?? false;
  }

  /** The label of what `label` named; beyond all blocks it is the function. */
  of(label: number): number {
    const target = this.open.at(-1 - label);
    return target ? this.depth - 1 - target.at : this.depth;
  }

  /** Goes behind an instruction; a loop that was changed was doubled. */
  pass({ code }: Instruction, wasChanged: boolean): void {
    switch (code) {
      case opcode.block:
      case opcode.if:
        this.enter(false);
        return;
      case opcode.loop:
        this.enter(wasChanged);
        return;
      case opcode.end: {
        const closed = this.open.pop();
        this.depth -= closed?.isDoubled ? 2 : 1;
        return;
      }
      default:
    }
  }

  private enter(isDoubled: boolean): void {
    const at = this.depth + (isDoubled ? 1 : 0);
    this.open.push({ at, isDoubled });
    this.depth = at + 1;
  }
}
