import { PolicyError } from "../../src/engine/index.ts";
import {
  compareValues,
  isArray,
  numberFromText,
  RegoObject,
  RegoSet,
  type Value,
} from "../../src/engine/value.ts";

/** OPA's `plan.json`, as far as it is looked at here. */
export type PlanFile = {
  readonly static?: {
    readonly strings?: readonly { readonly value: string }[];
    readonly builtin_funcs?: readonly { readonly name: string }[];
  };
  readonly plans: { readonly plans: readonly PlanQuery[] };
  readonly funcs?: { readonly funcs: readonly PlanFunction[] | null };
};

type PlanQuery = { readonly name: string; readonly blocks: readonly Block[] };

type PlanFunction = PlanQuery & {
  readonly params: readonly number[];
  readonly path?: readonly string[];
};

type Block = { readonly stmts: readonly Typed[] };
type Typed = { readonly type: string; readonly stmt: Statement };

type Operand =
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "local" | "string_index"; readonly value: number };

// biome-ignore lint/suspicious/noExplicitAny: fields by statement, as JSON has them.
type Statement = Readonly<Record<string, any>>;

export type PlanHost = {
  /** Undefined is Rego's. */
  builtin(name: string, operands: readonly Value[]): Value | undefined;
};

export type PlanDocuments = {
  readonly input: Value | undefined;
  readonly data: Value;
};

/**
 * Where OPA's own readers and its documentation differ: to the former a ScanStmt
 * without an element is defined, a WithStmt undefined where its block is, and a
 * local may be given no value; to the latter a ScanStmt without an element and
 * an assignment of nothing are undefined, and a WithStmt never is.
 */
export type Reading = "as OPA reads" | "by the book";

type Outcome =
  | { readonly kind: "done" | "undefined" }
  | { readonly kind: "break"; readonly left: number }
  | { readonly kind: "return"; readonly value: Value | undefined };

const done: Outcome = { kind: "done" };
const undefinedHere: Outcome = { kind: "undefined" };

type Locals = Map<number, Value>;

/** Runs plans by what OPA's documentation of each statement says. */
export class PlanInterpreter {
  private readonly file: PlanFile;
  private readonly host: PlanHost;
  private readonly reading: Reading;
  private readonly functions: ReadonlyMap<string, PlanFunction>;
  private results: Value[] = [];

  constructor(file: PlanFile, host: PlanHost, reading: Reading) {
    this.file = file;
    this.host = host;
    this.reading = reading;
    this.functions = new Map(
      (file.funcs?.funcs ?? []).map((one) => [one.name, one]),
    );
  }

  /** The result set of a plan. */
  run(name: string, { input, data }: PlanDocuments): readonly Value[] {
    const plan = this.file.plans.plans.find((one) => one.name === name);
    if (plan === undefined) {
      throw new Error(`there is no plan ${name}`);
    }
    this.results = [];
    const locals: Locals = new Map([[1, data]]);
    if (input !== undefined) {
      locals.set(0, input);
    }
    this.blocks(plan.blocks, locals);
    return this.results;
  }

  /** Runs blocks one after the other; what leaves more than one of them is told. */
  private blocks(blocks: readonly Block[], locals: Locals): Outcome {
    for (const block of blocks) {
      const outcome = this.block(block, locals);
      if (outcome.kind === "return") {
        return outcome;
      }
      if (outcome.kind === "break" && outcome.left > 0) {
        return { kind: "break", left: outcome.left - 1 };
      }
    }
    return done;
  }

  private block({ stmts }: Block, locals: Locals): Outcome {
    for (const { type, stmt } of stmts) {
      const outcome = this.statement(type, stmt, locals);
      if (outcome.kind !== "done") {
        return outcome;
      }
    }
    return done;
  }

  private statement(type: string, stmt: Statement, locals: Locals): Outcome {
    switch (type) {
      case "ReturnLocalStmt":
        return { kind: "return", value: locals.get(stmt["source"]) };
      case "BreakStmt":
        return { kind: "break", left: stmt["index"] };
      case "BlockStmt":
        return this.blocks(stmt["blocks"], locals);
      case "ScanStmt":
        return this.scan(stmt, locals);
      case "NotStmt": {
        const outcome = this.block(stmt["block"], locals);
        return outcome.kind === "done" ? undefinedHere : done;
      }
      case "WithStmt":
        return this.with(stmt, locals);
      case "ResultSetAddStmt": {
        const value = locals.get(stmt["value"]);
        this.results.push(...(value === undefined ? [] : [value]));
        return value === undefined ? undefinedHere : done;
      }
      default:
        return this.assign(type, stmt, locals) ? done : undefinedHere;
    }
  }

  private scan(stmt: Statement, locals: Locals): Outcome {
    const source = locals.get(stmt["source"]);
    const elements = source === undefined ? [] : elementsOf(source);
    for (const [key, value] of elements) {
      locals.set(stmt["key"], key).set(stmt["value"], value);
      const outcome = this.block(stmt["block"], locals);
      if (outcome.kind === "return") {
        return outcome;
      }
      if (outcome.kind === "break" && outcome.left > 0) {
        throw new Error("a break leaves a ScanStmt");
      }
    }
    return elements.length === 0 && this.reading === "by the book"
      ? undefinedHere
      : done;
  }

  private with(stmt: Statement, locals: Locals): Outcome {
    const value = this.operand(stmt["value"], locals);
    if (value === undefined) {
      return undefinedHere;
    }
    const local: number = stmt["local"];
    const before = locals.get(local);
    const path = (stmt["path"] as readonly number[] | null) ?? [];
    locals.set(
      local,
      upsert(
        before,
        path.map((at) => this.text(at)),
        value,
      ),
    );
    const outcome = this.block(stmt["block"], locals);
    give(locals, local, before);
    if (outcome.kind === "break" && outcome.left > 0) {
      throw new Error("a break leaves a WithStmt");
    }
    return outcome.kind === "return" ||
      outcome.kind === "done" ||
      this.reading === "as OPA reads"
      ? toEnd(outcome)
      : done;
  }

  /** The statements that give one local a value, or ask for one: false of what is undefined. */
  private assign(type: string, stmt: Statement, locals: Locals): boolean {
    const test = this.test(type, stmt, locals);
    if (test !== undefined) {
      return test;
    }
    if (type === "NopStmt") {
      return true;
    }
    if (type === "ResetLocalStmt") {
      locals.delete(stmt["target"]);
      return true;
    }
    const value = this.value(type, stmt, locals);
    const isLoose = type === "AssignVarStmt" && this.reading === "as OPA reads";
    if (value === undefined && !isLoose) {
      return false;
    }
    give(locals, targetOf(stmt), value);
    return true;
  }

  /** Whether the statement holds; undefined of one that is no test. */
  private test(
    type: string,
    stmt: Statement,
    locals: Locals,
  ): boolean | undefined {
    const source = () => this.operand(stmt["source"], locals);
    switch (type) {
      case "EqualStmt":
      case "NotEqualStmt": {
        const a = this.operand(stmt["a"], locals);
        const b = this.operand(stmt["b"], locals);
        return (
          a !== undefined &&
          b !== undefined &&
          (compareValues(a, b) === 0) === (type === "EqualStmt")
        );
      }
      case "IsArrayStmt":
        return Array.isArray(source());
      case "IsObjectStmt":
        return source() instanceof RegoObject;
      case "IsSetStmt":
        return source() instanceof RegoSet;
      case "IsDefinedStmt":
        return locals.has(stmt["source"]);
      case "IsUndefinedStmt":
        return !locals.has(stmt["source"]);
      default:
        return undefined;
    }
  }

  private value(
    type: string,
    stmt: Statement,
    locals: Locals,
  ): Value | undefined {
    const at = (name: string) => this.operand(stmt[name], locals);
    switch (type) {
      case "CallStmt":
        return this.call(stmt, locals);
      case "CallDynamicStmt":
        return this.callDynamic(stmt, locals);
      case "DotStmt":
        return lookUp(at("source"), at("key"));
      case "LenStmt":
        return lengthOf(at("source"));
      case "AssignIntStmt":
      case "MakeNumberIntStmt":
        return stmt["value"];
      case "AssignVarStmt":
        return at("source");
      case "AssignVarOnceStmt":
        return once(locals.get(stmt["target"]), at("source"));
      case "MakeNullStmt":
        return null;
      case "MakeNumberRefStmt":
        return numberFromText(this.text(stmt["index"]));
      case "MakeArrayStmt":
        return [];
      case "MakeObjectStmt":
        return RegoObject.of([]);
      case "MakeSetStmt":
        return RegoSet.of([]);
      case "ObjectMergeStmt":
        return merge(locals.get(stmt["a"]), locals.get(stmt["b"]));
      default:
        return this.changed(type, stmt, locals);
    }
  }

  /** A collection with one element more. */
  private changed(
    type: string,
    stmt: Statement,
    locals: Locals,
  ): Value | undefined {
    const before = locals.get(targetOf(stmt));
    const value = this.operand(stmt["value"], locals);
    if (value === undefined) {
      return undefined;
    }
    if (type === "ArrayAppendStmt" && Array.isArray(before)) {
      return [...before, value];
    }
    if (type === "SetAddStmt" && before instanceof RegoSet) {
      return RegoSet.of([...before.items, value]);
    }
    const key = this.operand(stmt["key"], locals);
    if (!(before instanceof RegoObject)) {
      throw new Error(`${type} has no collection`);
    }
    if (key === undefined) {
      return undefined;
    }
    if (type === "ObjectInsertOnceStmt") {
      once(before.get(key), value);
    }
    return RegoObject.of([...before.entries, [key, value]]);
  }

  private call(stmt: Statement, locals: Locals): Value | undefined {
    const func = this.functions.get(stmt["func"]);
    // OPA writes null for no operands.
    const args = (stmt["args"] as readonly Operand[] | null) ?? [];
    const operands = args.map((operand) => this.operand(operand, locals));
    if (func) {
      return this.enter(func, operands);
    }
    const given = operands.filter((operand) => operand !== undefined);
    return given.length < operands.length
      ? undefined
      : this.host.builtin(stmt["func"], given);
  }

  private callDynamic(stmt: Statement, locals: Locals): Value | undefined {
    const path = (stmt["path"] as readonly Operand[]).map((operand) =>
      this.operand(operand, locals),
    );
    const wanted = JSON.stringify(path);
    const func = [...this.functions.values()].find(
      (one) => JSON.stringify(one.path) === wanted,
    );
    const args = stmt["args"] as readonly number[];
    return (
      func &&
      this.enter(
        func,
        args.map((local) => locals.get(local)),
      )
    );
  }

  /** A function; of its operands the documents alone may be undefined. */
  private enter(
    { blocks, params }: PlanFunction,
    operands: readonly (Value | undefined)[],
  ): Value | undefined {
    const locals: Locals = new Map();
    for (const [at, operand] of operands.entries()) {
      if (operand === undefined && at > 1) {
        return undefined;
      }
      give(locals, params[at] ?? -1, operand);
    }
    const outcome = this.blocks(blocks, locals);
    return outcome.kind === "return" ? outcome.value : undefined;
  }

  private operand(
    operand: Operand | number,
    locals: Locals,
  ): Value | undefined {
    if (typeof operand === "number") {
      return locals.get(operand);
    }
    switch (operand.type) {
      case "bool":
        return operand.value;
      case "local":
        return locals.get(operand.value);
      case "string_index":
        return this.text(operand.value);
    }
  }

  private text(index: number): string {
    const found = this.file.static?.strings?.[index];
    if (found === undefined) {
      throw new Error(`there is no string ${index}`);
    }
    return found.value;
  }
}

function toEnd(outcome: Outcome): Outcome {
  return outcome.kind === "break" ? undefinedHere : outcome;
}

/** The local that a statement gives a value. */
function targetOf(stmt: Statement): number {
  const names = ["target", "result", "array", "object", "set"];
  return stmt[names.find((name) => name in stmt) ?? ""];
}

function give(locals: Locals, local: number, value: Value | undefined): void {
  if (value === undefined) {
    locals.delete(local);
  } else {
    locals.set(local, value);
  }
}

function once(before: Value | undefined, value: Value | undefined) {
  if (
    before !== undefined &&
    value !== undefined &&
    compareValues(before, value) !== 0
  ) {
    throw new PolicyError("eval_conflict_error", "two values for one thing");
  }
  return value;
}

function elementsOf(source: Value): readonly (readonly [Value, Value])[] {
  if (isArray(source)) {
    return source.map((item, at) => [at, item] as const);
  }
  if (source instanceof RegoSet) {
    return source.items.map((item) => [item, item] as const);
  }
  return source instanceof RegoObject ? source.entries : [];
}

function lookUp(source: Value | undefined, key: Value | undefined) {
  if (source === undefined || key === undefined) {
    return undefined;
  }
  return elementsOf(source).find(([one]) => compareValues(one, key) === 0)?.[1];
}

function lengthOf(source: Value | undefined): number | undefined {
  if (source === undefined) {
    return undefined;
  }
  return typeof source === "string"
    ? [...source].length
    : elementsOf(source).length;
}

/** Deep; where the two cannot be merged, the first stays. */
function merge(a: Value | undefined, b: Value | undefined): Value | undefined {
  if (!(a instanceof RegoObject && b instanceof RegoObject)) {
    return a;
  }
  const merged = a.entries.map(([key, value]) => {
    const other = b.get(key);
    return [key, other === undefined ? value : merge(value, other)] as const;
  });
  return RegoObject.of([...b.entries, ...(merged as typeof a.entries)]);
}

/** The document with a value at a path. */
function upsert(
  before: Value | undefined,
  [name, ...rest]: readonly string[],
  value: Value,
): Value {
  if (name === undefined) {
    return value;
  }
  const entries = before instanceof RegoObject ? before.entries : [];
  const inner = before instanceof RegoObject ? before.get(name) : undefined;
  return RegoObject.of([...entries, [name, upsert(inner, rest, value)]]);
}
