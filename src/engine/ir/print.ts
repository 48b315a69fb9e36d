import type { Constant } from "./constant.ts";
import type { Block, Func, Operand, Plan, Policy, Stmt } from "./ir.ts";

/**
 * A plan as text, one statement a line: `DotStmt source=l0 key="user" target=l3`.
 * For people and golden files; places in the source are left out.
 */
export function printPlan(policy: Policy): string {
  const { inputProjection } = policy.static;
  const lines = [
    ...(inputProjection ? [`input ${printConstant(inputProjection)}`] : []),
    ...policy.plans.flatMap((plan) => [
      `plan ${plan.name}`,
      ...printBody(policy, plan),
    ]),
    ...policy.funcs.flatMap((func) => [
      signature(func),
      ...printBody(policy, func),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function signature({ name, params, return: result }: Func): string {
  const locals = params.map((local) => `l${local}`).join(", ");
  return `func ${name}(${locals}) l${result}`;
}

function printBody(policy: Policy, { blocks }: Plan | Func): string[] {
  return blocks.flatMap((block) => printBlock(policy, block, 1));
}

function printBlock(policy: Policy, block: Block, depth: number): string[] {
  return block.stmts.flatMap((stmt) => printStmt(policy, stmt, depth));
}

/** The statement, then what it encloses, one level deeper. */
function printStmt(policy: Policy, stmt: Stmt, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const fields = Object.entries(stmt)
    .filter(([name]) => !["kind", "location", "block", "blocks"].includes(name))
    .map(
      ([name, value]) => ` ${name}=${printField(policy, stmt, name, value)}`,
    );
  const blocks =
    "blocks" in stmt ? stmt.blocks : "block" in stmt ? [stmt.block] : [];
  return [
    `${indent}${stmt.kind}${fields.join("")}`,
    ...blocks.flatMap((block, index) => [
      ...(index > 0 ? [`${indent}next`] : []),
      ...printBlock(policy, block, depth + 1),
    ]),
  ];
}

// Fields of plain numbers; all other numbers are locals.
const plainNumbers: ReadonlySet<string> = new Set([
  "BreakStmt.index",
  "MakeNumberRefStmt.index",
  "AssignIntStmt.value",
  "MakeNumberIntStmt.value",
  "MakeArrayStmt.capacity",
  "ObjectMergeOnceStmt.depth",
  "EventStmt.position",
  "ValueStmt.name",
]);

function printField(
  policy: Policy,
  { kind }: Stmt,
  name: string,
  value: unknown,
): string {
  if (typeof value === "number") {
    return plainNumbers.has(`${kind}.${name}`) ? `${value}` : `l${value}`;
  }
  if (typeof value === "string") {
    return value;
  }
  if (kind === "WithStmt" && name === "path") {
    const path = value as readonly number[];
    return JSON.stringify(path.map((index) => policy.static.strings[index]));
  }
  if (kind === "CallCaseStmt" && name === "cases") {
    return printCases(value as readonly (readonly [Constant, string])[]);
  }
  return Array.isArray(value)
    ? `(${value.map((one) => printOperand(policy, one)).join(", ")})`
    : printOperand(policy, value as Operand);
}

function printCases(cases: readonly (readonly [Constant, string])[]): string {
  const texts = cases.map(
    ([value, func]) => `${printConstant(value)}: ${func}`,
  );
  return `{${texts.join(", ")}}`;
}

function printConstant(constant: Constant): string {
  switch (constant.kind) {
    case "null":
      return "null";
    case "boolean":
    case "number":
      return `${constant.value}`;
    case "string":
      return JSON.stringify(constant.value);
    case "array":
      return `[${constant.value.map(printConstant).join(", ")}]`;
    case "set":
      return `set(${constant.value.map(printConstant).join(", ")})`;
    case "object": {
      const entries = constant.value.map(
        ([key, value]) => `${JSON.stringify(key)}: ${printConstant(value)}`,
      );
      return `{${entries.join(", ")}}`;
    }
  }
}

function printOperand(policy: Policy, operand: Operand): string {
  switch (operand.kind) {
    case "local":
      return `l${operand.value}`;
    case "bool":
      return `${operand.value}`;
    case "string_index":
      return JSON.stringify(policy.static.strings[operand.value]);
    case "constant_index":
      return `constant ${operand.value}`;
  }
}
