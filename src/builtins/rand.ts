import {
  BigDecimal,
  fromBigint,
  type HostBuiltin,
  OperandError,
  toInteger,
} from "../engine/builtins/index.ts";

/**
 * `rand.intn(key, n)`: a number from zero to below `n` without its sign, the
 * same for one key and one `n` all through a decision.
 */
const intn: HostBuiltin = {
  name: "rand.intn",
  nondeterministic: true,
  run: ([key, n], { random, decisionCache }) => {
    const bound = n instanceof BigDecimal ? undefined : toInteger(n as number);
    if (bound === undefined || bound !== BigInt.asIntN(64, bound)) {
      throw new OperandError(
        2,
        "must be integer number but got floating-point number",
      );
    }
    const size = bound < 0n ? -bound : bound;
    if (size === 0n) {
      return 0;
    }
    const slot = `rand.intn ${size} ${key}`;
    const known = decisionCache.get(slot);
    if (typeof known === "bigint") {
      return fromBigint(known);
    }
    const made = below(size, random);
    decisionCache.set(slot, made);
    return fromBigint(made);
  },
};

export const randBuiltins: readonly HostBuiltin[] = [intn];

// 2^128: so far above any bound that the remainder favours no number.
const randomBytes = 16;

function below(bound: bigint, random: (count: number) => Uint8Array): bigint {
  const digits = Buffer.from(random(randomBytes)).toString("hex");
  return BigInt(`0x${digits}`) % bound;
}
