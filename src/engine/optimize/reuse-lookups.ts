import type { Block, Local, Operand, Stmt } from "../ir/ir.ts";
import { ScopedMap } from "./scoped-map.ts";
import {
  eachAssigned,
  eachStmt,
  innerBlocks,
  renamed,
  withInnerBlocks,
} from "./statement-parts.ts";

type Lookup = Extract<Stmt, { kind: "DotStmt" | "DocumentDotStmt" }>;

/**
 * Looks a sub-document up once where a function would do so again: a lookup of
 * a constant key that has been made on every way to here gives its local.
 */
export function reuseLookups(blocks: readonly Block[]): readonly Block[] {
  return hasTwoAlike(blocks) ? new Reuse().blocks(blocks) : blocks;
}

/** Whether any key is looked up twice: most functions need no more attention. */
function hasTwoAlike(blocks: readonly Block[]): boolean {
  const keys = new Set<string>();
  let found = false;
  eachStmt(blocks, (stmt) => {
    if (isLookup(stmt)) {
      const key = `${stmt.key.kind} ${stmt.key.value}`;
      found ||= keys.has(key);
      keys.add(key);
    }
  });
  return found;
}

class Reuse {
  /** Where the value of a lookup is, by what is looked up in what. */
  private readonly found = new ScopedMap<
    string,
    { readonly source: Local; readonly at: Local }
  >();
  /** The local that stands for another of the same value. */
  private readonly same = new ScopedMap<Local, Local>();
  /** Locals that either map speaks of, or did. */
  private readonly spokenOf = new Set<Local>();

  blocks(blocks: readonly Block[]): readonly Block[] {
    return blocks.map((block) => this.block(block));
  }

  /** A block, in which `changed` may have another value that it loses behind it. */
  private block({ stmts }: Block, changed?: Local): Block {
    const marks = [this.found.mark(), this.same.mark()] as const;
    if (changed !== undefined) {
      this.forget(new Set([changed]));
    }
    const done = stmts.map((stmt) => this.stmt(stmt));
    this.found.restore(marks[0]);
    this.same.restore(marks[1]);
    return { stmts: done };
  }

  private stmt(original: Stmt): Stmt {
    const stmt = this.renamed(original);
    const known = isLookup(stmt) ? this.found.get(keyOf(stmt)) : undefined;
    if (isLookup(stmt) && known) {
      const { target, location } = stmt;
      this.forget(new Set([target]));
      this.same.set(target, known.at);
      this.spokenOf.add(target).add(known.at);
      const source: Operand = { kind: "local", value: known.at };
      return { kind: "AssignVarStmt", source, target, location };
    }
    // What the blocks inside change no longer holds from their start.
    const changed = changedIn(stmt);
    this.forget(changed);
    const done =
      stmt.kind === "WithStmt"
        ? { ...stmt, block: this.block(stmt.block, stmt.local) }
        : withInnerBlocks(stmt, (block) => this.block(block));
    if (isLookup(stmt) && stmt.source.kind === "local") {
      const { source, target } = stmt;
      if (source.value !== target) {
        this.found.set(keyOf(stmt), { source: source.value, at: target });
        this.spokenOf.add(source.value).add(target);
      }
    }
    return done;
  }

  private renamed(stmt: Stmt): Stmt {
    const to = (local: Local): Local => this.same.get(local) ?? local;
    return renamed(stmt, {
      operand: (local) => ({ kind: "local", value: to(local) }),
      read: to,
      written: (local) => local,
    });
  }

  /** Forgets what was known of locals that get other values. */
  private forget(locals: ReadonlySet<Local>): void {
    if (![...locals].some((local) => this.spokenOf.has(local))) {
      return;
    }
    this.found.deleteWhere(
      (_, { source, at }) => locals.has(source) || locals.has(at),
    );
    this.same.deleteWhere((from, to) => locals.has(from) || locals.has(to));
  }
}

/** Locals that the statement or those inside it assign; a WithStmt's has its value back behind it. */
function changedIn(stmt: Stmt): ReadonlySet<Local> {
  const changed = new Set<Local>();
  const add = (local: Local) => changed.add(local);
  if (stmt.kind !== "WithStmt") {
    eachAssigned(stmt, add);
  }
  eachStmt(innerBlocks(stmt), (inner) => {
    if (inner.kind !== "WithStmt") {
      eachAssigned(inner, add);
    }
  });
  return changed;
}

function isLookup(stmt: Stmt): stmt is Lookup {
  return (
    (stmt.kind === "DotStmt" || stmt.kind === "DocumentDotStmt") &&
    stmt.source.kind === "local" &&
    stmt.key.kind !== "local"
  );
}

function keyOf({ kind, source, key }: Lookup): string {
  return `${kind} ${source.value} ${key.kind} ${key.value}`;
}
