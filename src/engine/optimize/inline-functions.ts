import {
  type Block,
  dataLocal,
  type Func,
  inputLocal,
  type Local,
  type Operand,
  type Stmt,
} from "../ir/ir.ts";
import {
  calledBy,
  eachStmt,
  freeLocal,
  renamed,
  withInnerBlocks,
} from "./statement-parts.ts";

type Call = Extract<Stmt, { kind: "CallStmt" }>;

// As long as this a function's statements take less room than its call saves.
const longest = 8;

/** The functions that are put in the place of their calls, by name. */
export function smallFunctions(
  funcs: readonly Func[],
): ReadonlyMap<string, Func> {
  const names = new Set(funcs.map((func) => func.name));
  return new Map(
    funcs
      .filter((func) => isSmall(func, names))
      .map((func) => [func.name, func] as const),
  );
}

/**
 * Whether it is short and calls no function of the policy. Rules without
 * arguments are not small: their value is computed once and kept.
 */
function isSmall(
  { params, blocks, part }: Func,
  functions: ReadonlySet<string>,
): boolean {
  let count = 0;
  let outputs = 0;
  let isPlain = params.length > 2 && !part;
  eachStmt(blocks, (stmt) => {
    count += 1;
    outputs += stmt.kind === "AssignVarOnceStmt" ? 1 : 0;
    isPlain &&=
      !notInlined.has(stmt.kind) &&
      !calledBy(stmt).some((name) => functions.has(name));
  });
  return isPlain && count <= longest && outputs <= 1;
}

const notInlined: ReadonlySet<Stmt["kind"]> = new Set([
  "ScanStmt",
  "WithStmt",
  "CallCaseStmt",
  "CallDynamicStmt",
]);

/** Puts the statements of small functions where they are called. */
export function inlineFunctions(
  blocks: readonly Block[],
  small: ReadonlyMap<string, Func>,
): readonly Block[] {
  if (!callsAny(blocks, small)) {
    return blocks;
  }
  let locals = freeLocal(blocks);
  const inline = ({ stmts }: Block): Block => ({
    stmts: stmts.flatMap((stmt) => {
      const func = stmt.kind === "CallStmt" && small.get(stmt.func);
      if (!func || !passesDocuments(stmt)) {
        return [withInnerBlocks(stmt, inline)];
      }
      const first = locals;
      locals += freeLocal(func.blocks, func.params.length);
      return inlined(stmt, func, first);
    }),
  });
  return blocks.map(inline);
}

function callsAny(
  blocks: readonly Block[],
  small: ReadonlyMap<string, Func>,
): boolean {
  let found = false;
  eachStmt(blocks, (stmt) => {
    found ||= stmt.kind === "CallStmt" && small.has(stmt.func);
  });
  return found;
}

function passesDocuments({ args: [input, data] }: Call): boolean {
  return isLocal(input, inputLocal) && isLocal(data, dataLocal);
}

function isLocal(operand: Operand | undefined, local: Local): boolean {
  return operand?.kind === "local" && operand.value === local;
}

/**
 * The function's blocks in a block of their own, which a return leaves; its
 * locals follow those of the caller.
 */
function inlined(call: Call, func: Func, first: Local): readonly Stmt[] {
  const { location, result } = call;
  const to = (local: Local): Local =>
    local === inputLocal || local === dataLocal ? local : first + local;
  const passed = func.params.slice(2).map(
    (param, index): Stmt => ({
      kind: "AssignVarStmt",
      source: call.args[index + 2] as Operand,
      target: to(param),
      location,
    }),
  );
  const change = (depth: number) => {
    return ({ stmts }: Block): Block => ({
      stmts: stmts.flatMap((stmt) => returned(stmt, depth)),
    });
  };
  const returned = (stmt: Stmt, depth: number): readonly Stmt[] => {
    if (stmt.kind === "ReturnLocalStmt") {
      const source: Operand = { kind: "local", value: to(stmt.source) };
      return [
        { kind: "AssignVarStmt", source, target: result, location },
        { kind: "BreakStmt", index: depth + 1, location },
      ];
    }
    const moved = renamed(stmt, {
      operand: (local) => ({ kind: "local", value: to(local) }),
      read: to,
      written: to,
    });
    // The only output of a function conflicts with no other.
    const once: Stmt =
      moved.kind === "AssignVarOnceStmt"
        ? { ...moved, kind: "AssignVarStmt" }
        : moved;
    return [withInnerBlocks(once, change(depth + 1))];
  };
  const body: Stmt = {
    kind: "BlockStmt",
    blocks: func.blocks.map(change(0)),
    location,
  };
  return [
    ...passed,
    { kind: "ResetLocalStmt", target: result, location },
    { kind: "BlockStmt", blocks: [{ stmts: [body] }], location },
    { kind: "IsDefinedStmt", source: result, location },
  ];
}
