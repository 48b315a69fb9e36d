import type { Location } from "../source.ts";
import type { Constant } from "./constant.ts";
import type { ShownExpression } from "./shown.ts";

/**
 * The plan language, in OPA's names (`v1/ir`). A Policy is everything one
 * module needs: constants, named query plans (one an entrypoint), functions.
 *
 * Undefined is a local that holds nothing. A statement that is undefined ends
 * its block; the statement after the enclosing block runs next. Functions get
 * input and data as their first two parameters; a block that ends without
 * ReturnLocalStmt makes the function undefined.
 */
export type Policy = {
  readonly static: Static;
  readonly plans: readonly Plan[];
  readonly funcs: readonly Func[];
  /** Ours: what EventStmt speaks of, by number; empty unless instrumented. */
  readonly positions: readonly Position[];
  /** Ours: what ValueStmt speaks of, by number. */
  readonly observedNames: readonly string[];
};

/**
 * What an instrumented build tells of. `domain` is the query of an `every`,
 * `call` a place that asks for rules, `with` an expression under modifiers.
 */
export type Position = {
  readonly node: "expr" | "rule" | "body" | "domain" | "call" | "with";
  readonly location: Location;
  /** As traces print it. */
  readonly text: string;
  /** As OPA's JSON has it; of a call, the reference that asks. */
  readonly json?: () => string;
  /** Where an expression stands in its body. */
  readonly index: number;
  /** The position of the rule or body that an expression is evaluated in. */
  readonly scope: number | undefined;
  /** Where values are told: what of them stands in the source. */
  readonly shown?: ShownExpression;
  /** With `shown`: the overrides that it is evaluated under. */
  readonly generation?: string;
  /** Of an expression: it is negated. */
  readonly isNegated?: boolean;
  /** Of a body: its first solution is enough. */
  readonly isOnce?: boolean;
  /** Of a call: the expression that asks. */
  readonly caller?: number | undefined;
  /** Of a call: what it asks for. */
  readonly asked?: AskedRules;
  /** Of a rule: its place among the rules of its document. */
  readonly rule?: RulePosition;
};

/**
 * How rules are asked for: a complete document or a function has one value, with
 * which the asking expression goes on before the rules are left; a partial
 * document is there as a whole first, or only what is at some keys (`member`);
 * a `leaf` is part of a document of many rules.
 */
export type AskedRules =
  | ("document" | "function")
  | ("partial" | "member" | "leaf");

export type RulePosition = {
  /** Equal for a rule and its else rules. */
  readonly chain: number;
  readonly isComplete: boolean;
  /** The rule's value where it is known, as text that is equal for equal values. */
  readonly value: string | undefined;
};

/**
 * What happens at a position. The first are OPA's tracer's. Then those that the
 * host needs to order them as OPA does: a rule matches what the index knows;
 * rules are asked for (`index`), and have answered (`return`); an expression
 * under modifiers begins (`modify`), has a solution (`found`), goes on with the
 * next (`resume`); nothing more follows from a call or such an expression (`end`).
 */
export const traceEvents = [
  ...["enter", "exit", "eval", "redo", "fail", "note"],
  ...["match", "index", "return", "modify", "found", "resume", "end"],
] as readonly TraceEvent[];

export type TraceEvent =
  | ("enter" | "exit" | "eval" | "redo" | "fail" | "note")
  | ("match" | "index" | "return" | "modify" | "found" | "resume" | "end");

type Static = {
  /** String constants, and the texts of numbers for MakeNumberRefStmt. */
  readonly strings: readonly string[];
  /** Every builtin that a CallStmt names. */
  readonly builtinFuncs: readonly BuiltinFunc[];
  readonly files: readonly string[];
  /** Ours: composites known when the policy is compiled. */
  readonly constants: readonly Constant[];
  /** Ours: what of the input can be read, docs/abi.md §2.1; undefined for everything. */
  readonly inputProjection: Constant | undefined;
};

/** A builtin that the policy calls; `arity` counts its operands. */
export type BuiltinFunc = { readonly name: string; readonly arity: number };

/** One entrypoint: its blocks add to the result set. */
export type Plan = { readonly name: string; readonly blocks: readonly Block[] };

/** A callable function: `g0.data.a.p` with its virtual document `path`. */
export type Func = {
  readonly name: string;
  readonly path: readonly string[];
  /** Locals: input, data, then the arguments. */
  readonly params: readonly Local[];
  readonly return: Local;
  /** Ours: a part of another function: its value is not kept, its call costs no fuel. */
  readonly part?: true;
  readonly blocks: readonly Block[];
};

export type Block = { readonly stmts: readonly Stmt[] };

/** A plan-scoped variable; 0 is input, 1 is data. */
export type Local = number;

export const inputLocal: Local = 0;
export const dataLocal: Local = 1;

export type Operand =
  | { readonly kind: "local"; readonly value: Local }
  | { readonly kind: "string_index"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  /** Ours: a place in `static.constants`. */
  | { readonly kind: "constant_index"; readonly value: number };

export type Stmt = StmtBody & { readonly location: Location };

type StmtBody =
  /** Ends the function with the value of `source`. */
  | { readonly kind: "ReturnLocalStmt"; readonly source: Local }
  /** Calls a function or builtin by name; undefined when its result is. */
  | {
      readonly kind: "CallStmt";
      readonly func: string;
      readonly args: readonly Operand[];
      readonly result: Local;
    }
  /**
   * Ours: calls the function that `cases` name for the value of `source`;
   * undefined when they name none, or its result is. In Rego's order of values.
   */
  | {
      readonly kind: "CallCaseStmt";
      readonly source: Operand;
      readonly cases: readonly (readonly [Constant, string])[];
      readonly args: readonly Operand[];
      readonly result: Local;
    }
  /** Calls the function whose virtual document path the operands spell. */
  | {
      readonly kind: "CallDynamicStmt";
      readonly args: readonly Local[];
      readonly result: Local;
      readonly path: readonly Operand[];
    }
  /** Runs blocks in order; an undefined one does not stop the next. */
  | { readonly kind: "BlockStmt"; readonly blocks: readonly Block[] }
  /** Leaves `index` + 1 enclosing blocks: 0 is the current one. */
  | { readonly kind: "BreakStmt"; readonly index: number }
  /** Looks `key` up in `source`; undefined when it is not there. */
  | {
      readonly kind: "DotStmt";
      readonly source: Operand;
      readonly key: Operand;
      readonly target: Local;
    }
  /** Ours: as the previous, in base data, where a number names the member of its text. */
  | {
      readonly kind: "DocumentDotStmt";
      readonly source: Operand;
      readonly key: Operand;
      readonly target: Local;
    }
  | {
      readonly kind: "LenStmt";
      readonly source: Operand;
      readonly target: Local;
    }
  /** Runs `block` for every element, in order; scalars have none. */
  | {
      readonly kind: "ScanStmt";
      readonly source: Local;
      readonly key: Local;
      readonly value: Local;
      readonly block: Block;
    }
  /** Undefined when `block` completes. */
  | { readonly kind: "NotStmt"; readonly block: Block }
  | {
      readonly kind: "AssignIntStmt";
      readonly value: number;
      readonly target: Local;
    }
  | {
      readonly kind: "AssignVarStmt";
      readonly source: Operand;
      readonly target: Local;
    }
  /** Like AssignVarStmt, but a different value already there is an eval_conflict_error. */
  | {
      readonly kind: "AssignVarOnceStmt";
      readonly source: Operand;
      readonly target: Local;
      /** The error's text; OPA words it by the kind of rule. */
      readonly conflict: string;
    }
  | { readonly kind: "ResetLocalStmt"; readonly target: Local }
  | { readonly kind: "MakeNullStmt"; readonly target: Local }
  | {
      readonly kind: "MakeNumberIntStmt";
      readonly value: number;
      readonly target: Local;
    }
  /** `index` points at the number's text in the string constants. */
  | {
      readonly kind: "MakeNumberRefStmt";
      readonly index: number;
      readonly target: Local;
    }
  | {
      readonly kind: "MakeArrayStmt";
      readonly capacity: number;
      readonly target: Local;
    }
  | { readonly kind: "MakeObjectStmt"; readonly target: Local }
  | { readonly kind: "MakeSetStmt"; readonly target: Local }
  | { readonly kind: "EqualStmt"; readonly a: Operand; readonly b: Operand }
  | { readonly kind: "NotEqualStmt"; readonly a: Operand; readonly b: Operand }
  | { readonly kind: "IsArrayStmt"; readonly source: Operand }
  | { readonly kind: "IsObjectStmt"; readonly source: Operand }
  | { readonly kind: "IsSetStmt"; readonly source: Operand }
  | { readonly kind: "IsDefinedStmt"; readonly source: Local }
  | { readonly kind: "IsUndefinedStmt"; readonly source: Local }
  | {
      readonly kind: "ArrayAppendStmt";
      readonly value: Operand;
      readonly array: Local;
    }
  | {
      readonly kind: "ObjectInsertStmt";
      readonly key: Operand;
      readonly value: Operand;
      readonly object: Local;
    }
  /** Like ObjectInsertStmt, but another value under `key` is an eval_conflict_error. */
  | {
      readonly kind: "ObjectInsertOnceStmt";
      readonly key: Operand;
      readonly value: Operand;
      readonly object: Local;
    }
  /** Deep merge of two objects; `a` wins where both have a scalar. */
  | {
      readonly kind: "ObjectMergeStmt";
      readonly a: Local;
      readonly b: Local;
      readonly target: Local;
    }
  /** Ours: as the previous, but two values for one path of `depth` keys conflict. */
  | {
      readonly kind: "ObjectMergeOnceStmt";
      readonly a: Local;
      readonly b: Local;
      readonly depth: number;
      readonly target: Local;
    }
  | {
      readonly kind: "SetAddStmt";
      readonly value: Operand;
      readonly set: Local;
    }
  /** Runs `block` with `value` put into `local` at `path`; then restores it. */
  | {
      readonly kind: "WithStmt";
      readonly local: Local;
      readonly path: readonly number[];
      readonly value: Operand;
      readonly block: Block;
    }
  | { readonly kind: "NopStmt" }
  /** Ours: `cover` marks the position as reached; the others are told to the host. */
  | {
      readonly kind: "EventStmt";
      readonly event: TraceEvent | "cover";
      readonly position: number;
      /** An array of values that belong to the event. */
      readonly values?: Local;
    }
  /**
   * Ours: tells the host the value of a name, for the next event if it is a
   * variable's; a local that holds nothing is told as 0.
   */
  | {
      readonly kind: "ValueStmt";
      readonly name: number;
      readonly source: Local;
    }
  /** Adds the object in `value` to the result set of the plan. */
  | { readonly kind: "ResultSetAddStmt"; readonly value: Local };
