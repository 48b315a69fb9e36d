import type { LocalNames } from "./names.ts";

/** How a name came into its scope. */
export type Occurrence = "arg" | "seen" | "assigned" | "declared";

type Scope = {
  readonly locals: Map<string, string>;
  readonly occurrences: Map<string, Occurrence>;
  readonly counts: Map<string, number>;
};

function createScope(): Scope {
  return { locals: new Map(), occurrences: new Map(), counts: new Map() };
}

/** The names of nested scopes with the locals that replace them. */
export class DeclaredNames {
  private readonly names: LocalNames;
  private readonly scopes: Scope[];

  constructor(names: LocalNames, scopes: Scope[] = [createScope()]) {
    this.names = names;
    this.scopes = scopes;
  }

  /** The same names, to be added to without effect on these. */
  copy(): DeclaredNames {
    const scopes = this.scopes.map(({ locals, occurrences, counts }) => ({
      locals: new Map(locals),
      occurrences: new Map(occurrences),
      counts: new Map(counts),
    }));
    return new DeclaredNames(this.names, scopes);
  }

  /** Runs something in a scope of its own. */
  scoped<T>(run: () => T): T {
    this.scopes.push(createScope());
    const value = run();
    this.scopes.pop();
    return value;
  }

  /** The innermost scope's names. */
  get inner(): Scope {
    return this.scopes.at(-1) as Scope;
  }

  insert(name: string, local: string, occurrence: Occurrence): void {
    const { locals, occurrences, counts } = this.inner;
    locals.set(name, local);
    occurrences.set(name, occurrence);
    counts.set(name, 1);
    if (name !== local) {
      this.names.written.set(local, name);
    }
  }

  /** The local of a name, from the innermost scope outwards. */
  local(name: string): string | undefined {
    return this.find(({ locals }) => locals.get(name));
  }

  /** How a name came into the innermost scope. */
  occurrence(name: string): Occurrence | undefined {
    return this.inner.occurrences.get(name);
  }

  /** How a name came into the nearest scope that has it. */
  anyOccurrence(name: string): Occurrence | undefined {
    return this.find(({ occurrences }) => occurrences.get(name));
  }

  /** Counts one more use of a name. */
  see(name: string): void {
    const counts =
      this.find((scope) =>
        scope.counts.has(name) ? scope.counts : undefined,
      ) ?? this.inner.counts;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  /** How often a name was used, its declaration included. */
  count(name: string): number {
    return this.find(({ counts }) => counts.get(name)) ?? 0;
  }

  private find<T>(look: (scope: Scope) => T | undefined): T | undefined {
    for (let index = this.scopes.length - 1; index >= 0; index -= 1) {
      const found = look(this.scopes[index] as Scope);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  }
}
