import type { Block, Local, Stmt } from "../ir/ir.ts";
import { eachRead, eachStmt, withInnerBlocks } from "./statement-parts.ts";

const withoutEffect: ReadonlySet<Stmt["kind"]> = new Set([
  "AssignIntStmt",
  "AssignVarStmt",
  "MakeNullStmt",
  "MakeNumberIntStmt",
  "MakeNumberRefStmt",
]);

/** Leaves out assignments that nothing reads and that cannot be undefined. */
export function dropUnread(
  blocks: readonly Block[],
  kept: Local | undefined,
): readonly Block[] {
  const read = new Set<Local | undefined>([kept]);
  let isAnyUnread = false;
  const add = (local: Local) => read.add(local);
  eachStmt(blocks, (stmt) => eachRead(stmt, add));
  const isUnread = (stmt: Stmt): boolean =>
    withoutEffect.has(stmt.kind) && "target" in stmt && !read.has(stmt.target);
  eachStmt(blocks, (stmt) => {
    isAnyUnread ||= isUnread(stmt);
  });
  const drop = ({ stmts }: Block): Block => ({
    stmts: stmts
      .filter((stmt) => !isUnread(stmt))
      .map((stmt) => withInnerBlocks(stmt, drop)),
  });
  // What was read by what is gone may be unread now.
  return isAnyUnread ? dropUnread(blocks.map(drop), kept) : blocks;
}
