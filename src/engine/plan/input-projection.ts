import { type Constant, compareStrings } from "../ir/constant.ts";
import {
  type Block,
  type Func,
  inputLocal,
  type Local,
  type Operand,
  type Plan,
  type Stmt,
} from "../ir/ir.ts";

type Code = {
  readonly plans: readonly Plan[];
  readonly funcs: readonly Func[];
  readonly strings: readonly string[];
};

/**
 * What of the input the plans and functions can read, in the form of
 * docs/abi.md §2.1; undefined when that is everything. Follows the locals that
 * hold a part of the input: a lookup or a scan leads further down, a test of
 * type or presence reads no more than that the part is there, and whatever
 * else happens to it reads all of it.
 */
export function inputProjection(code: Code): Constant | undefined {
  const root = new Reads();
  const functions = new Set(code.funcs.map(({ name }) => name));
  for (const { blocks } of [...code.plans, ...code.funcs]) {
    new Follower(code.strings, functions, root).blocks(blocks);
  }
  return root.everything ? undefined : root.toConstant();
}

/** What is read of one part of the input. */
class Reads {
  everything = false;
  private readonly members = new Map<string, Reads>();
  /** What is read of members whose keys are not known. */
  private each: Reads | undefined;

  member(key: string | undefined): Reads {
    if (key === undefined) {
      this.each ??= new Reads();
      return this.each;
    }
    const known = this.members.get(key) ?? new Reads();
    this.members.set(key, known);
    return known;
  }

  private absorb(other: Reads): void {
    this.everything ||= other.everything;
    for (const [key, reads] of other.members) {
      this.member(key).absorb(reads);
    }
    if (other.each) {
      this.member(undefined).absorb(other.each);
    }
  }

  toConstant(): Constant {
    if (this.everything) {
      return { kind: "boolean", value: true };
    }
    if (this.each) {
      const all = new Reads();
      for (const reads of [this.each, ...this.members.values()]) {
        all.absorb(reads);
      }
      return { kind: "array", value: [all.toConstant()] };
    }
    const value = [...this.members]
      .map(([key, reads]) => [key, reads.toConstant()] as const)
      .sort(([a], [b]) => compareStrings(a, b));
    return { kind: "object", value };
  }
}

// Fields of statements that are read as locals or operands.
const readFields: ReadonlySet<string> = new Set([
  "source",
  "key",
  "value",
  "a",
  "b",
  "array",
  "object",
  "set",
  "args",
]);

/** Goes through one function; knows which locals hold which parts. */
class Follower {
  private readonly strings: readonly string[];
  private readonly functions: ReadonlySet<string>;
  private readonly parts = new Map<Local, Set<Reads>>();

  constructor(
    strings: readonly string[],
    functions: ReadonlySet<string>,
    root: Reads,
  ) {
    this.strings = strings;
    this.functions = functions;
    this.parts.set(inputLocal, new Set([root]));
  }

  blocks(blocks: readonly Block[]): void {
    for (const { stmts } of blocks) {
      for (const stmt of stmts) {
        this.statement(stmt);
        if ("blocks" in stmt) {
          this.blocks(stmt.blocks);
        } else if ("block" in stmt) {
          this.blocks([stmt.block]);
        }
      }
    }
  }

  private statement(stmt: Stmt): void {
    switch (stmt.kind) {
      case "DotStmt":
      case "DocumentDotStmt":
        this.dot(stmt);
        return;
      case "ScanStmt":
        this.lead(stmt.source, undefined, stmt.value);
        return;
      case "IsDefinedStmt":
      case "IsUndefinedStmt":
      case "IsArrayStmt":
      case "IsObjectStmt":
      case "IsSetStmt":
      case "AssignIntStmt":
      case "MakeNumberIntStmt":
        return;
      case "CallStmt":
        this.take(
          this.functions.has(stmt.func) ? stmt.args.slice(1) : stmt.args,
        );
        return;
      case "CallCaseStmt":
        this.take(stmt.source);
        this.take(stmt.args.slice(1));
        return;
      case "CallDynamicStmt":
        this.take(stmt.args.slice(1));
        this.take(stmt.path);
        return;
      default:
        for (const [field, value] of Object.entries(stmt)) {
          if (readFields.has(field)) {
            this.take(value as Operand);
          }
        }
    }
  }

  private dot({
    source,
    key,
    target,
  }: Extract<Stmt, { kind: "DotStmt" | "DocumentDotStmt" }>): void {
    this.take(key);
    if (source.kind === "local") {
      const name =
        key.kind === "string_index" ? this.strings[key.value] : undefined;
      this.lead(source.value, name, target);
    }
  }

  /** The target holds a member of what the source holds. */
  private lead(source: Local, key: string | undefined, target: Local): void {
    for (const part of this.parts.get(source) ?? []) {
      const known = this.parts.get(target) ?? new Set();
      this.parts.set(target, known.add(part.member(key)));
    }
  }

  /** Everything is read of what the operands hold. */
  private take(read: Operand | Local | readonly (Operand | Local)[]): void {
    if (typeof read === "number") {
      for (const part of this.parts.get(read) ?? []) {
        part.everything = true;
      }
    } else if (!("kind" in read)) {
      for (const one of read) {
        this.take(one);
      }
    } else if (read.kind === "local") {
      this.take(read.value);
    }
  }
}
