import type { Instruction } from "./foreign-module.ts";
import { opcode } from "./instructions.ts";

/**
 * Loops that call nothing, each with all the loops in it. While such a loop
 * runs, nobody but it needs to know the fuel, which may stay in a local.
 */
export type LeafLoops = {
  /** By the `loop`'s index the index of its `end`. */
  readonly ends: ReadonlyMap<number, number>;
  /** Branches and returns that leave such a loop. */
  readonly exits: ReadonlySet<number>;
};

/** Finds the outermost loops without a call; `isCall` tells what becomes one. */
export function leafLoops(
  code: readonly Instruction[],
  isCall: (instruction: Instruction) => boolean,
): LeafLoops {
  const walk = new Walk();
  for (const [index, instruction] of code.entries()) {
    walk.pass(instruction, index, isCall(instruction));
  }
  return { ends: walk.ends, exits: exitsOf(code, walk.ends) };
}

type Open = {
  readonly start: number;
  readonly isLoop: boolean;
  calls: boolean;
};

class Walk {
  readonly ends = new Map<number, number>();
  private readonly open: Open[] = [];

  pass({ code }: Instruction, index: number, isCall: boolean): void {
    switch (code) {
      case opcode.block:
      case opcode.if:
      case opcode.loop:
        this.open.push({
          start: index,
          isLoop: code === opcode.loop,
          calls: false,
        });
        return;
      case opcode.end:
        this.close(index);
        return;
      default:
        if (isCall || code === opcode.call || code === opcode.callIndirect) {
          const innermost = this.open.at(-1);
          if (innermost) {
            innermost.calls = true;
          }
        }
    }
  }

  private close(end: number): void {
    const block = this.open.pop();
    const around = this.open.at(-1);
    if (!block) {
      return;
    }
    if (around && block.calls) {
      around.calls = true;
    }
    if (block.isLoop && !block.calls) {
      this.ends.set(block.start, end);
    }
  }
}

/** Leaves only the outermost loops in `ends`. */
function exitsOf(
  code: readonly Instruction[],
  ends: Map<number, number>,
): ReadonlySet<number> {
  const exits = new Set<number>();
  let last = -1;
  // The blocks that are open in the loop, itself among them.
  let depth = 0;
  for (const [index, instruction] of code.entries()) {
    if (index > last) {
      last = ends.get(index) ?? last;
      depth = 0;
    } else if (instruction.code === opcode.loop) {
      ends.delete(index);
    }
    if (index <= last) {
      if (leaves(instruction, depth)) {
        exits.add(index);
      }
      depth += nesting(instruction);
    }
  }
  return exits;
}

function leaves({ code, index, targets }: Instruction, depth: number): boolean {
  switch (code) {
    case opcode.branch:
    case opcode.branchIf:
    case opcode.branchTable:
      return [...targets, index].some((label) => label >= depth);
    default:
      return code === opcode.return;
  }
}

/** How many more blocks are open behind an instruction. */
function nesting({ code }: Instruction): number {
  switch (code) {
    case opcode.block:
    case opcode.loop:
    case opcode.if:
      return 1;
    case opcode.end:
      return -1;
    default:
      return 0;
  }
}
