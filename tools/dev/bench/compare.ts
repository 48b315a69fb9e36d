import { isDeepStrictEqual } from "node:util";
import { median } from "./measure.ts";
import type { Prepare, Side } from "./sides/side.ts";
import type { SideName, Workload } from "./workloads/workload.ts";

/** CPU microseconds a decision; a side that is missing or refuses has none. */
export type Figures = { readonly [name in SideName]?: number };

// Enough for V8 to optimise; then short turns, so that noise meets all sides.
const warmUpMilliseconds = 250;
const roundMilliseconds = 60;
const rounds = 5;

/** Measures all sides in turn on the same work, after comparing their answers. */
export async function compareSides(
  workload: Workload,
  prepared: readonly Prepare[],
): Promise<Figures> {
  const sides: Side[] = [];
  for (const prepare of prepared) {
    const side = await prepare(workload).catch(refusal);
    if (side !== undefined) {
      sides.push(side);
    }
  }
  try {
    return await measureInTurn(sameAnswers(workload, sides));
  } finally {
    for (const side of sides) {
      side.close();
    }
  }
}

function refusal(error: unknown): undefined {
  const text = error instanceof Error ? error.message : JSON.stringify(error);
  console.log(`  refused: ${text}`);
}

/** The sides that answer as OPA does; ours must. */
function sameAnswers({ name }: Workload, sides: readonly Side[]): Side[] {
  const reference = sides.find((side) => side.name === "opa") ?? sides[0];
  return sides.filter((side) => {
    if (isDeepStrictEqual(inOrder(side.answer), inOrder(reference?.answer))) {
      return true;
    }
    const text = `${side.name} answers ${JSON.stringify(side.answer)}, ${reference?.name} ${JSON.stringify(reference?.answer)}`;
    if (side.name === "ours" || side.name === "oursInSdk") {
      throw new Error(`${name}: ${text}`);
    }
    console.log(`  left out: ${text}`);
    return false;
  });
}

/** Lists by the text of their items: OPA's WASM writes sets in any order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => JSON.stringify(inOrder(item))).sort();
  }
  return value !== null && typeof value === "object"
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, member]) => [key, inOrder(member)]),
      )
    : value;
}

async function measureInTurn(sides: readonly Side[]): Promise<Figures> {
  for (const side of sides) {
    await side.measure(warmUpMilliseconds);
  }
  const figures = new Map<SideName, number[]>(
    sides.map(({ name }) => [name, []]),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const side of sides) {
      figures.get(side.name)?.push(await side.measure(roundMilliseconds));
    }
  }
  return Object.fromEntries(
    [...figures].map(([name, values]) => [name, median(values)]),
  );
}
