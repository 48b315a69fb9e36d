import { type Constant, compareConstants } from "../ir/constant.ts";
import type { Block, Local, Operand, Stmt } from "../ir/ir.ts";
import type { ConstantResult } from "./constant-functions.ts";
import { type Folded, foldCall } from "./fold-call.ts";
import { ScopedMap } from "./scoped-map.ts";
import {
  countAssignments,
  eachStmt,
  renamed,
  withInnerBlocks,
} from "./statement-parts.ts";

type Call = Extract<Stmt, { kind: "CallStmt" }>;

/** The constants of a policy: those it has, and where a new text goes. */
export type Constants = {
  readonly strings: readonly string[];
  readonly composites: readonly Constant[];
  /** The place of a text. */
  string(text: string): number;
  /** What functions give that always give the same. */
  readonly results?: ReadonlyMap<string, ConstantResult>;
};

/**
 * Computes what is known when the policy is compiled: calls and comparisons of
 * constants. What can never hold ends its block.
 */
export function foldConstants(
  blocks: readonly Block[],
  constants: Constants,
): readonly Block[] {
  if (!mayFold(blocks, constants)) {
    return blocks;
  }
  const counts = countAssignments(blocks);
  const folder = new Folder(constants, (local) => counts.get(local) === 1);
  return blocks.map((block) => folder.block(block));
}

/** Whether any call or comparison may be of constants: of most functions none is. */
function mayFold(blocks: readonly Block[], { results }: Constants): boolean {
  const known = new Set<Local>();
  const isKnown = (operand: Operand): boolean =>
    operand.kind !== "local" || known.has(operand.value);
  let found = false;
  eachStmt(blocks, (stmt) => {
    switch (stmt.kind) {
      case "MakeNumberIntStmt":
        known.add(stmt.target);
        break;
      case "AssignVarStmt":
        if (isKnown(stmt.source)) {
          known.add(stmt.target);
        }
        break;
      case "CallStmt":
        found ||= stmt.args.every(isKnown) || results?.has(stmt.func) === true;
        break;
      case "EqualStmt":
      case "NotEqualStmt":
        found ||= isKnown(stmt.a) && isKnown(stmt.b);
        break;
      default:
    }
  });
  return found;
}

class Folder {
  private readonly constants: Constants;
  private readonly isSingle: (local: Local) => boolean;
  private readonly known = new ScopedMap<Local, Constant>();

  constructor(constants: Constants, isSingle: (local: Local) => boolean) {
    this.constants = constants;
    this.isSingle = isSingle;
  }

  block({ stmts }: Block): Block {
    const mark = this.known.mark();
    const kept: Stmt[] = [];
    for (const original of stmts) {
      const stmt = this.folded(this.withTexts(original));
      if (stmt !== undefined) {
        kept.push(withInnerBlocks(stmt, (block) => this.block(block)));
        this.learn(stmt);
      }
      if (stmt?.kind === "BreakStmt") {
        break;
      }
    }
    this.known.restore(mark);
    return { stmts: kept };
  }

  /** Texts and booleans that locals hold stand where the locals stood. */
  private withTexts(stmt: Stmt): Stmt {
    return renamed(stmt, {
      operand: (local) => {
        const value = this.known.get(local);
        return value?.kind === "string" || value?.kind === "boolean"
          ? this.operand(value)
          : { kind: "local", value: local };
      },
      read: (local) => local,
      written: (local) => local,
    });
  }

  private result(value: Folded): ConstantResult {
    return value.kind === "number"
      ? { kind: "number", value: Number(value.value) }
      : this.operand(value);
  }

  private operand(value: Exclude<Folded, { kind: "number" }>): Operand {
    return value.kind === "string"
      ? { kind: "string_index", value: this.constants.string(value.value) }
      : { kind: "bool", value: value.value };
  }

  /** Undefined for a statement that always holds. */
  private folded(stmt: Stmt): Stmt | undefined {
    if (stmt.kind === "CallStmt") {
      return this.call(stmt);
    }
    if (stmt.kind !== "EqualStmt" && stmt.kind !== "NotEqualStmt") {
      return stmt;
    }
    const [a, b] = [this.value(stmt.a), this.value(stmt.b)];
    if (!a || !b || !isExact(a) || !isExact(b)) {
      return stmt;
    }
    const areEqual = compareConstants(a, b) === 0;
    return areEqual === (stmt.kind === "EqualStmt")
      ? undefined
      : { kind: "BreakStmt", index: 0, location: stmt.location };
  }

  private call(stmt: Call): Stmt {
    const result = this.constants.results?.get(stmt.func);
    if (result) {
      return definition(result, stmt);
    }
    const args = stmt.args.map((arg) => this.value(arg));
    if (!args.every((arg) => arg !== undefined && isExact(arg))) {
      return stmt;
    }
    const value = foldCall(stmt.func, args as Constant[]);
    return value ? definition(this.result(value), stmt) : stmt;
  }

  private learn(stmt: Stmt): void {
    if (stmt.kind === "MakeNumberIntStmt" && this.isSingle(stmt.target)) {
      this.known.set(stmt.target, {
        kind: "number",
        value: String(stmt.value),
      });
    } else if (stmt.kind === "AssignVarStmt" && this.isSingle(stmt.target)) {
      const value = this.value(stmt.source);
      if (value) {
        this.known.set(stmt.target, value);
      }
    }
  }

  private value(operand: Operand): Constant | undefined {
    switch (operand.kind) {
      case "local":
        return this.known.get(operand.value);
      case "bool":
        return { kind: "boolean", value: operand.value };
      case "string_index":
        return {
          kind: "string",
          value: this.constants.strings[operand.value] ?? "",
        };
      case "constant_index":
        return this.constants.composites[operand.value];
    }
  }
}

/** The statement that stands for a call whose result is known. */
function definition(result: ConstantResult, call: Call): Stmt {
  const { result: target, location } = call;
  return result.kind === "number"
    ? { kind: "MakeNumberIntStmt", value: result.value, target, location }
    : { kind: "AssignVarStmt", source: result, target, location };
}

/** Whether every number is an integer as JavaScript counts, the only ones compared here. */
function isExact(value: Constant): boolean {
  switch (value.kind) {
    case "number":
      return /^-?\d{1,15}$/.test(value.value) && value.value !== "-0";
    case "array":
    case "set":
      return value.value.every(isExact);
    case "object":
      return value.value.every(([, item]) => isExact(item));
    default:
      return true;
  }
}
