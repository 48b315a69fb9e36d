import type { ForeignModule, Instruction } from "./foreign-module.ts";
import { opcode } from "./instructions.ts";

/** How a module's functions call each other; functions by their index. */
export type CallGraph = {
  /** Functions of which each chain of calls that comes back to its beginning passes one. */
  readonly recurring: ReadonlySet<number>;
  /** Functions that a table may hold. */
  readonly tabled: ReadonlySet<number>;
  /** The module's own functions, callees first, but for chains that come back. */
  readonly order: readonly number[];
};

/** Finds who calls whom, directly or through a table. */
export function callGraph(module: ForeignModule): CallGraph {
  const imported = module.imports.filter(({ kind }) => kind === "function");
  const tabled = referenced(module);
  const walk = new Walk(module, imported.length, tabled);
  return {
    recurring: new Set(walk.recurring.map((node) => node + imported.length)),
    tabled,
    order: walk.order.map((node) => node + imported.length),
  };
}

/**
 * A walk in depth over the calls. Nodes are the module's own functions, and
 * behind them its types, each of which stands for every function of that type
 * that a table may hold.
 */
class Walk {
  readonly recurring: number[] = [];
  readonly order: number[] = [];
  private readonly own: number;
  private readonly successors: readonly (readonly number[])[];
  private readonly state: Uint8Array;

  constructor(
    module: ForeignModule,
    imported: number,
    tabled: ReadonlySet<number>,
  ) {
    this.own = module.functions.length;
    this.successors = successorsOf(module, imported, tabled);
    this.state = new Uint8Array(this.successors.length);
    for (let root = 0; root < this.own; root += 1) {
      if (this.state[root] === unseen) {
        this.walk(root);
      }
    }
  }

  /** Without recursion of its own: chains of calls may be long. */
  private walk(root: number): void {
    const path = [this.enter(root)];
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const successor = this.successors[top.node]?.[top.at];
      top.at += 1;
      if (successor === undefined) {
        path.pop();
        this.leave(top.node);
      } else if (this.state[successor] === unseen) {
        path.push(this.enter(successor));
      } else if (this.state[successor] === open) {
        // Types are only called, so that here the caller is a function.
        this.recurring.push(successor < this.own ? successor : top.node);
      }
    }
  }

  private enter(node: number) {
    this.state[node] = open;
    return { node, at: 0 };
  }

  private leave(node: number): void {
    this.state[node] = done;
    if (node < this.own) {
      this.order.push(node);
    }
  }
}

const unseen = 0;
const open = 1;
const done = 2;

function successorsOf(
  { functions, types }: ForeignModule,
  imported: number,
  tabled: ReadonlySet<number>,
): readonly (readonly number[])[] {
  const own = functions.length;
  const keys = types.map(
    ({ parameters, results }) => `${parameters}:${results}`,
  );
  // Types that are the same have one node: that of the last.
  const nodes = new Map(keys.map((key, type) => [key, own + type]));
  const nodeOfType = keys.map((key) => nodes.get(key) ?? 0);
  const calls = functions.map(({ code }) =>
    calleesOf(code, imported, nodeOfType),
  );
  const ofType = types.map((): number[] => []);
  for (const index of tabled) {
    const type = functions[index - imported]?.type;
    if (type !== undefined) {
      ofType[(nodeOfType[type] ?? 0) - own]?.push(index - imported);
    }
  }
  return [...calls, ...ofType];
}

function calleesOf(
  code: readonly Instruction[],
  imported: number,
  nodeOfType: readonly number[],
): readonly number[] {
  const found = new Set<number>();
  for (const { code: byte, index } of code) {
    if (byte === opcode.call && index >= imported) {
      found.add(index - imported);
    } else if (byte === opcode.callIndirect) {
      found.add(nodeOfType[index] ?? 0);
    }
  }
  return [...found];
}

/** Functions whose reference is made anywhere. */
function referenced(module: ForeignModule): ReadonlySet<number> {
  const found = new Set<number>();
  const note = (code: readonly Instruction[]) => {
    for (const one of code) {
      if (one.code === opcode.refFunc) {
        found.add(one.index);
      }
    }
  };
  for (const { code } of module.functions) {
    note(code);
  }
  for (const { initial } of module.globals) {
    note(initial);
  }
  for (const item of module.elements.flatMap(({ items }) => items)) {
    note(item);
  }
  return found;
}
