import type { Block, Local, Operand, Stmt } from "../ir/ir.ts";
import type { Location } from "../source.ts";

type StmtBody = Stmt extends infer S
  ? S extends Stmt
    ? Omit<S, "location">
    : never
  : never;

/** Collects the statements of one function or plan. */
export class Writer {
  private stmts: Stmt[] = [];
  private locals: number;
  /** Nesting of the block being written; the outermost is 0. */
  depth = 0;
  /** ScanStmts around what is being written. */
  loops = 0;
  /** The first local that the outermost of them, and what is inside, may set. */
  loopStart = 0;
  /** WithStmts around what is being written. */
  replaced = 0;
  location: Location = { file: "", row: 1, col: 1 };

  constructor(firstLocal: number) {
    this.locals = firstLocal;
  }

  local(): Local {
    const local = this.locals;
    this.locals += 1;
    return local;
  }

  /** The block being written, so far. */
  get open(): readonly Stmt[] {
    return this.stmts;
  }

  emit(stmt: StmtBody): void {
    this.stmts.push({ ...stmt, location: this.location } as Stmt);
  }

  /** What `write` emits, as a block one level deeper. */
  block(write: () => void): Block {
    const outer = this.stmts;
    this.stmts = [];
    this.depth += 1;
    write();
    this.depth -= 1;
    const stmts = this.stmts;
    this.stmts = outer;
    return { stmts };
  }

  /** What `write` emits for every element of a collection. */
  scan(source: Local, write: (key: Local, value: Local) => void): void {
    if (this.loops === 0) {
      this.loopStart = this.locals;
    }
    const [key, value] = [this.local(), this.local()];
    this.loops += 1;
    const block = this.block(() => write(key, value));
    this.loops -= 1;
    this.emit({ kind: "ScanStmt", source, key, value, block });
  }

  /** A BlockStmt with one block: an undefined statement inside ends only it. */
  attempt(write: () => void): void {
    const block = this.block(write);
    this.emit({ kind: "BlockStmt", blocks: [block] });
  }

  /** Leaves the block that was being written at `depth`. */
  leave(depth: number): void {
    this.emit({ kind: "BreakStmt", index: this.depth - depth });
  }

  /** The operand as a local. */
  toLocal(operand: Operand): Local {
    if (operand.kind === "local") {
      return operand.value;
    }
    const target = this.local();
    this.emit({ kind: "AssignVarStmt", source: operand, target });
    return target;
  }

  /** The statements written so far, as the body of a function. */
  finish(): readonly Block[] {
    return [{ stmts: this.stmts }];
  }
}

export function localOperand(value: Local): Operand {
  return { kind: "local", value };
}
