import type { Local } from "../ir/ir.ts";

/** Variables that are bound, by name; a binding ends when what follows it is planned. */
export class Bindings extends Map<string, Local> {
  /** Names of the bindings in progress, the innermost last. */
  private readonly names: string[] = [];

  /** Binds a variable for what `next` plans. */
  during(name: string, local: Local, next: () => void): void {
    const depth = this.depth;
    this.bind(name, local);
    next();
    this.unbind(depth);
  }

  /** How many bindings are in progress. */
  get depth(): number {
    return this.names.length;
  }

  /** The bindings in progress that are deeper. */
  since(depth: number): readonly (readonly [string, Local])[] {
    return this.names
      .slice(depth)
      .map((name) => [name, this.get(name) as Local]);
  }

  bind(name: string, local: Local): void {
    this.set(name, local);
    this.names.push(name);
  }

  /** Ends the bindings that are deeper. */
  unbind(depth: number): void {
    for (const name of this.names.splice(depth)) {
      this.delete(name);
    }
  }
}
