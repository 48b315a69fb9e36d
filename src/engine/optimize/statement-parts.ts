import type { Block, Func, Local, Operand, Stmt } from "../ir/ir.ts";

/** Which fields of a statement hold what. */
type Parts = {
  /** Operands that are read, alone or in lists. */
  readonly operands?: readonly string[];
  /** Locals that are read, alone or in lists. */
  readonly reads?: readonly string[];
  /** Locals that get a value. */
  readonly writes?: readonly string[];
  /** Locals whose value is read and changed. */
  readonly changes?: readonly string[];
};

const parts: { readonly [kind in Stmt["kind"]]: Parts } = {
  ReturnLocalStmt: { reads: ["source"] },
  CallStmt: { operands: ["args"], writes: ["result"] },
  CallCaseStmt: { operands: ["source", "args"], writes: ["result"] },
  CallDynamicStmt: { operands: ["path"], reads: ["args"], writes: ["result"] },
  BlockStmt: {},
  BreakStmt: {},
  DotStmt: { operands: ["source", "key"], writes: ["target"] },
  DocumentDotStmt: { operands: ["source", "key"], writes: ["target"] },
  LenStmt: { operands: ["source"], writes: ["target"] },
  ScanStmt: { reads: ["source"], writes: ["key", "value"] },
  NotStmt: {},
  AssignIntStmt: { writes: ["target"] },
  AssignVarStmt: { operands: ["source"], writes: ["target"] },
  AssignVarOnceStmt: { operands: ["source"], changes: ["target"] },
  ResetLocalStmt: { writes: ["target"] },
  MakeNullStmt: { writes: ["target"] },
  MakeNumberIntStmt: { writes: ["target"] },
  MakeNumberRefStmt: { writes: ["target"] },
  MakeArrayStmt: { writes: ["target"] },
  MakeObjectStmt: { writes: ["target"] },
  MakeSetStmt: { writes: ["target"] },
  EqualStmt: { operands: ["a", "b"] },
  NotEqualStmt: { operands: ["a", "b"] },
  IsArrayStmt: { operands: ["source"] },
  IsObjectStmt: { operands: ["source"] },
  IsSetStmt: { operands: ["source"] },
  IsDefinedStmt: { reads: ["source"] },
  IsUndefinedStmt: { reads: ["source"] },
  ArrayAppendStmt: { operands: ["value"], changes: ["array"] },
  ObjectInsertStmt: { operands: ["key", "value"], changes: ["object"] },
  ObjectInsertOnceStmt: { operands: ["key", "value"], changes: ["object"] },
  ObjectMergeStmt: { reads: ["a", "b"], writes: ["target"] },
  ObjectMergeOnceStmt: { reads: ["a", "b"], writes: ["target"] },
  SetAddStmt: { operands: ["value"], changes: ["set"] },
  WithStmt: { operands: ["value"], changes: ["local"] },
  NopStmt: {},
  EventStmt: { reads: ["values"] },
  ValueStmt: { reads: ["source"] },
  ResultSetAddStmt: { reads: ["value"] },
};

type Fields = Readonly<Record<string, unknown>>;

function eachOf<T>(
  stmt: Stmt,
  names: readonly string[] | undefined,
  visit: (value: T) => void,
): void {
  if (names !== undefined) {
    for (const name of names) {
      const value = (stmt as Fields)[name];
      if (Array.isArray(value)) {
        value.forEach(visit);
      } else if (value !== undefined) {
        visit(value as T);
      }
    }
  }
}

const none: readonly Block[] = [];

/** The blocks inside a statement. */
export function innerBlocks(stmt: Stmt): readonly Block[] {
  switch (stmt.kind) {
    case "BlockStmt":
      return stmt.blocks;
    case "ScanStmt":
    case "NotStmt":
    case "WithStmt":
      return [stmt.block];
    default:
      return none;
  }
}

/** The statement with other blocks inside. */
export function withInnerBlocks(
  stmt: Stmt,
  change: (block: Block) => Block,
): Stmt {
  switch (stmt.kind) {
    case "BlockStmt":
      return { ...stmt, blocks: stmt.blocks.map(change) };
    case "ScanStmt":
    case "NotStmt":
    case "WithStmt":
      return { ...stmt, block: change(stmt.block) };
    default:
      return stmt;
  }
}

/** Visits the locals that the statement itself gives a value or changes. */
export function eachAssigned(stmt: Stmt, visit: (local: Local) => void): void {
  const { writes, changes } = parts[stmt.kind];
  eachOf(stmt, writes, visit);
  eachOf(stmt, changes, visit);
}

/** Visits the locals that the statement itself reads. */
export function eachRead(stmt: Stmt, visit: (local: Local) => void): void {
  const { operands, reads, changes } = parts[stmt.kind];
  eachOf<Operand>(stmt, operands, (operand) => {
    if (operand.kind === "local") {
      visit(operand.value);
    }
  });
  eachOf(stmt, reads, visit);
  eachOf(stmt, changes, visit);
}

/** The first local that no statement uses. */
export function freeLocal(blocks: readonly Block[], atLeast = 0): Local {
  let free = atLeast;
  const visit = (local: Local): void => {
    free = Math.max(free, local + 1);
  };
  eachStmt(blocks, (stmt) => {
    eachAssigned(stmt, visit);
    eachRead(stmt, visit);
  });
  return free;
}

/** What locals become. */
export type Renaming = {
  /** Of operands, which may become constants. */
  operand(local: Local): Operand;
  /** Of locals that are read as such. */
  read(local: Local): Local;
  /** Of locals that get a value or are changed. */
  written(local: Local): Local;
};

/** The statement itself with other locals; blocks inside stay as they are. */
export function renamed(stmt: Stmt, renaming: Renaming): Stmt {
  const { operands = [], reads = [], ...written } = parts[stmt.kind];
  const fields: Record<string, unknown> = { ...stmt };
  const change = <T>(names: readonly string[], of: (value: T) => T): void => {
    for (const name of names) {
      const value = fields[name];
      fields[name] = Array.isArray(value) ? value.map(of) : of(value as T);
    }
  };
  change(operands, (operand: Operand) =>
    operand.kind === "local" ? renaming.operand(operand.value) : operand,
  );
  change(reads, renaming.read);
  change(written.writes ?? [], renaming.written);
  change(written.changes ?? [], renaming.written);
  return fields as Stmt;
}

/** The statement itself with other operands. */
export function withOperands(
  stmt: Stmt,
  change: (operand: Operand) => Operand,
): Stmt {
  const fields: Record<string, unknown> = { ...stmt };
  for (const name of parts[stmt.kind].operands ?? []) {
    const value = fields[name];
    fields[name] = Array.isArray(value)
      ? (value as readonly Operand[]).map(change)
      : change(value as Operand);
  }
  return fields as Stmt;
}

/** Calls `visit` for every statement, those inside others too, in order. */
export function eachStmt(
  blocks: readonly Block[],
  visit: (stmt: Stmt) => void,
): void {
  for (const { stmts } of blocks) {
    for (const stmt of stmts) {
      visit(stmt);
      const inner = innerBlocks(stmt);
      if (inner !== none) {
        eachStmt(inner, visit);
      }
    }
  }
}

/**
 * Calls `visit` for every statement of the blocks and of the functions that
 * they call, those of a caller before those of what it calls. Gives those functions.
 */
export function eachReachedStmt(
  blocks: readonly Block[],
  funcs: ReadonlyMap<string, Func>,
  visit: (stmt: Stmt) => void = () => undefined,
): ReadonlySet<Func> {
  const reached = new Set<Func>();
  const waiting = [blocks];
  // It grows while it is gone through: chains of functions may be long.
  for (const from of waiting) {
    eachStmt(from, (stmt) => {
      visit(stmt);
      for (const name of calledBy(stmt)) {
        const func = funcs.get(name);
        if (func && !reached.has(func)) {
          reached.add(func);
          waiting.push(func.blocks);
        }
      }
    });
  }
  return reached;
}

/** How often each local is assigned. */
export function countAssignments(
  blocks: readonly Block[],
): ReadonlyMap<Local, number> {
  const counts = new Map<Local, number>();
  const add = (local: Local): void => {
    counts.set(local, (counts.get(local) ?? 0) + 1);
  };
  eachStmt(blocks, (stmt) => eachAssigned(stmt, add));
  return counts;
}

/** The functions and builtins that the statement itself calls by name. */
export function calledBy(stmt: Stmt): readonly string[] {
  switch (stmt.kind) {
    case "CallStmt":
      return [stmt.func];
    case "CallCaseStmt":
      return stmt.cases.map(([, name]) => name);
    default:
      return [];
  }
}
