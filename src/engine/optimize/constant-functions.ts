import type { Func, Operand, Stmt } from "../ir/ir.ts";

/** What a function gives whatever it is asked: an operand, or a small integer. */
export type ConstantResult =
  | Operand
  | { readonly kind: "number"; readonly value: number };

/** The rules whose only value is a constant, by the name of their function. */
export function constantFunctions(
  funcs: readonly Func[],
): ReadonlyMap<string, ConstantResult> {
  const found = new Map<string, ConstantResult>();
  for (const func of funcs) {
    const result = constantResult(func);
    if (result) {
      found.set(func.name, result);
    }
  }
  return found;
}

function constantResult(func: Func): ConstantResult | undefined {
  const stmts = func.blocks.flatMap((block) => block.stmts);
  const [reset, body, defined, returned] = stmts;
  if (
    stmts.length !== 4 ||
    reset?.kind !== "ResetLocalStmt" ||
    body?.kind !== "BlockStmt" ||
    body.blocks.length !== 1 ||
    defined?.kind !== "IsDefinedStmt" ||
    returned?.kind !== "ReturnLocalStmt" ||
    returned.source !== func.return
  ) {
    return undefined;
  }
  const inner = body.blocks[0]?.stmts ?? [];
  const last = inner.at(-1);
  const ends = last?.kind === "ReturnLocalStmt" && last.source === func.return;
  return assigned(ends ? inner.slice(0, -1) : inner, func);
}

/** What a body of one or two assignments gives the function. */
function assigned(
  stmts: readonly Stmt[],
  func: Func,
): ConstantResult | undefined {
  const [first, last = first] = stmts;
  if (
    stmts.length > 2 ||
    (last?.kind !== "AssignVarOnceStmt" && last?.kind !== "AssignVarStmt") ||
    last.target !== func.return
  ) {
    return undefined;
  }
  const { source } = last;
  if (source.kind !== "local") {
    return stmts.length === 1 ? source : undefined;
  }
  return first?.kind === "MakeNumberIntStmt" && first.target === source.value
    ? { kind: "number", value: first.value }
    : undefined;
}
