import type { Block, Local, Stmt } from "../ir/ir.ts";
import { freeLocal, withInnerBlocks } from "../optimize/statement-parts.ts";
import type { Location } from "../source.ts";

type Scan = Extract<Stmt, { kind: "ScanStmt" }>;

/** A block on the way to the statement in hand. */
type Frame = {
  /** It is run once an element. */
  readonly isLoop: boolean;
  /** Of a loop: depth of a block that a break inside leaves → the flag that says so. */
  readonly exits: Map<number, Local>;
};

/**
 * Blocks in which no break leaves a ScanStmt, for readers of plans count its
 * block differently: such a break sets a flag and ends the round. The other
 * rounds end at once, and what stands behind the loop asks for the flag. A
 * ScanStmt is the last of its block, for to some it is undefined when there is
 * no element.
 */
export function withLocalBreaks(blocks: readonly Block[]): readonly Block[] {
  const rewriter = new BreakRewriter(freeLocal(blocks));
  return blocks.map(({ stmts }) => rewriter.block(stmts));
}

class BreakRewriter {
  private readonly frames: Frame[] = [];
  private locals: number;

  constructor(firstLocal: number) {
    this.locals = firstLocal;
  }

  block(stmts: readonly Stmt[], frame = noLoop()): Block {
    this.frames.push(frame);
    const changed = stmts.flatMap((stmt, at) =>
      this.changed(stmt, at === stmts.length - 1),
    );
    this.frames.pop();
    return { stmts: changed };
  }

  private changed(stmt: Stmt, isLast: boolean): readonly Stmt[] {
    switch (stmt.kind) {
      case "BreakStmt":
        return this.leave(this.depth - stmt.index, stmt.location);
      case "ScanStmt":
        return this.scan(stmt, isLast);
      default:
        return [withInnerBlocks(stmt, ({ stmts }) => this.block(stmts))];
    }
  }

  /** How deep the block in hand lies; the outermost is 0. */
  private get depth(): number {
    return this.frames.length - 1;
  }

  /** The loops that end when the block at this depth does. */
  private loopsInside(left: number): readonly Frame[] {
    return this.frames.slice(left + 1).filter(({ isLoop }) => isLoop);
  }

  /** Leaves the block at a depth. */
  private leave(left: number, location: Location): readonly Stmt[] {
    const loops = this.loopsInside(left);
    const inner = loops.at(-1);
    if (inner === undefined) {
      return [{ kind: "BreakStmt", index: this.depth - left, location }];
    }
    const target = loops[0]?.exits.get(left) ?? this.local();
    for (const { exits } of loops) {
      exits.set(left, target);
    }
    const source = { kind: "bool", value: true } as const;
    const index = this.depth - this.frames.lastIndexOf(inner);
    return [
      { kind: "AssignVarStmt", source, target, location },
      { kind: "BreakStmt", index, location },
    ];
  }

  private scan(stmt: Scan, isLast: boolean): readonly Stmt[] {
    const { location } = stmt;
    const frame: Frame = { isLoop: true, exits: new Map() };
    const { stmts } = this.block(stmt.block.stmts, frame);
    const exits = [...frame.exits];
    const asked = exits.map(
      ([, source]): Stmt => ({ kind: "IsUndefinedStmt", source, location }),
    );
    const loop: Stmt = { ...stmt, block: { stmts: [...asked, ...stmts] } };
    const resets = exits
      .filter(([left]) => this.loopsInside(left).length === 0)
      .map(
        ([, target]): Stmt => ({ kind: "ResetLocalStmt", target, location }),
      );
    return [
      ...resets,
      ...(isLast && exits.length === 0 ? [loop] : [blockOf([loop], location)]),
      ...exits.map((exit) => this.behind(exit, location)),
    ];
  }

  /** Goes on leaving what a break inside the loop before wants left. */
  private behind([left, source]: [number, Local], location: Location): Stmt {
    if (left === this.depth) {
      return { kind: "IsUndefinedStmt", source, location };
    }
    const loop = this.loopsInside(left).at(-1);
    const target = loop ? this.frames.lastIndexOf(loop) : left;
    return blockOf(
      [
        { kind: "IsDefinedStmt", source, location },
        // One more: the block of these two statements.
        { kind: "BreakStmt", index: this.depth - target + 1, location },
      ],
      location,
    );
  }

  private local(): Local {
    this.locals += 1;
    return this.locals - 1;
  }
}

function noLoop(): Frame {
  return { isLoop: false, exits: new Map() };
}

function blockOf(stmts: readonly Stmt[], location: Location): Stmt {
  return { kind: "BlockStmt", blocks: [{ stmts }], location };
}
