import type { Instruction } from "./foreign-module.ts";
import { opcode } from "./instructions.ts";

/** Fuel to take in front of an instruction. */
export type Charge = {
  readonly cost: number;
  /** Whether to look here if any is left: at the head of a function or a loop. */
  readonly isHead: boolean;
};

/** What a function's code costs. */
export type Costs = {
  /** What its head takes, for all that is in no loop. */
  readonly entry: number;
  /** Where else it takes fuel, by the instruction in front of which it does. */
  readonly charges: ReadonlyMap<number, Charge>;
};

/** What only gives code its form costs nothing. */
const free: ReadonlySet<number> = new Set([
  opcode.nop,
  opcode.block,
  opcode.loop,
  opcode.else,
  opcode.end,
]);

// From so many instructions on a basic block pays for itself when it is
// reached: less would cost more than it is worth.
const largeBlock = 48;

/**
 * What a function's code costs, an instruction one unit. The head of a
 * function or a loop pays for the dearest way from it that passes no further
 * head; so every instruction that runs is paid before it does. `priceOf` says
 * what a call costs besides.
 */
export function codeCosts(
  code: readonly Instruction[],
  priceOf: (callee: number) => number,
): Costs {
  const walk = new Walk();
  for (const [index, instruction] of code.entries()) {
    const { code: byte, index: callee } = instruction;
    const price = byte === opcode.call ? priceOf(callee) : 0;
    walk.pass(instruction, index, price);
  }
  return walk;
}

// The cost of the dearest way to a place that no way leads to.
const unreachable = -1;

/** A function's body or a loop's: what is in it runs at most once for each passing of its head. */
type Region = {
  readonly head: number;
  /** The dearest way from the head to the place that the walk is at. */
  here: number;
  /** The dearest way of all. */
  most: number;
};

/** An open block. */
type Block = {
  readonly region: Region;
  readonly isLoop: boolean;
  /** The dearest way to its end by a branch. */
  toEnd: number;
  /** Of an `if`: the dearest way to its `else`. */
  toElse: number;
};

class Walk implements Costs {
  readonly charges = new Map<number, Charge>();
  entry = 0;
  private readonly open: Block[] = [newBlock(newRegion(0), false)];
  /** Where the basic block began, and what it has cost since. */
  private start = 0;
  private cost = 0;

  pass(instruction: Instruction, index: number, price: number): void {
    const { code, index: label, targets } = instruction;
    this.cost += free.has(code) ? 0 : 1 + price;
    const next = index + 1;
    switch (code) {
      case opcode.block:
        this.open.push(newBlock(this.region, false));
        return;
      case opcode.loop:
        this.close(next);
        this.open.push(newBlock(newRegion(next), true));
        return;
      case opcode.if:
        this.close(next);
        this.open.push({
          ...newBlock(this.region, false),
          toElse: this.region.here,
        });
        return;
      case opcode.else:
        this.close(next);
        this.turnToElse();
        return;
      case opcode.end:
        this.close(next);
        this.leave();
        return;
      case opcode.branchIf:
        this.close(next);
        this.branch(label);
        return;
      case opcode.branch:
      case opcode.branchTable:
        this.close(next);
        for (const target of [...targets, label]) {
          this.branch(target);
        }
        this.region.here = unreachable;
        return;
      case opcode.return:
      case opcode.unreachable:
        this.close(next);
        this.region.here = unreachable;
    }
  }

  private get region(): Region {
    return this.open.at(-1)?.region ?? newRegion(0);
  }

  /** Ends the basic block; another one begins at `next`. */
  private close(next: number): void {
    const { cost, start, region } = this;
    if (cost >= largeBlock && start !== region.head) {
      this.charges.set(start, { cost, isHead: false });
    } else if (region.here !== unreachable) {
      region.here += cost;
      region.most = Math.max(region.most, region.here);
    }
    this.start = next;
    this.cost = 0;
  }

  private branch(label: number): void {
    const block = this.open.at(-1 - label);
    if (block && !block.isLoop) {
      block.toEnd = Math.max(block.toEnd, block.region.here);
    }
  }

  private turnToElse(): void {
    const block = this.open.at(-1);
    if (block) {
      const { region } = block;
      block.toEnd = Math.max(block.toEnd, region.here);
      region.here = block.toElse;
      block.toElse = unreachable;
    }
  }

  private leave(): void {
    const block = this.open.pop();
    if (!block) {
      return;
    }
    const { region, toEnd, toElse, isLoop } = block;
    if (isLoop) {
      // A turn of an empty loop costs too.
      const cost = Math.max(region.most, 1);
      this.charges.set(region.head, { cost, isHead: true });
    } else if (this.open.length === 0) {
      this.entry = region.most;
    } else {
      region.here = Math.max(region.here, toEnd, toElse);
    }
  }
}

function newRegion(head: number): Region {
  return { head, here: 0, most: 0 };
}

function newBlock(region: Region, isLoop: boolean): Block {
  return { region, isLoop, toEnd: unreachable, toElse: unreachable };
}
