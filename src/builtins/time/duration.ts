import { BuiltinError } from "../../engine/builtins/index.ts";
import { goQuote } from "../go/quote.ts";
import { quoteBytes } from "./quote.ts";

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  // Both signs for micro: U+00B5 and U+03BC.
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const hoursOf: Readonly<Record<string, number>> = { d: 24, w: 168, y: 8_760 };

const limit = 1n << 63n;

/** Nanoseconds of a duration as Go writes it, with days, weeks and years too. */
export function parseDuration(text: string): bigint {
  if (!isExtended(text)) {
    return parsePlain(text, text);
  }
  const [, sign = "", segments = ""] =
    /^([-+]?)((?:[0-9.]+(?:ms|us|µs|ns|[a-z]))+)$/.exec(text) ?? [];
  if (segments === "") {
    throw invalid(text);
  }
  const rewritten = segments.replace(
    /([0-9.]+)([a-zµ]+)/g,
    (segment, digits: string, unit: string) => {
      const hours = hoursOf[unit];
      return hours === undefined ? segment : `${inHours(digits, hours, text)}h`;
    },
  );
  return parsePlain(sign + rewritten, text);
}

/** Nanoseconds of a duration in Go's own units, as `time.ParseDuration` reads it. */
export function parseGoDuration(text: string): bigint {
  return parsePlain(text, text);
}

function inHours(digits: string, hours: number, text: string): string {
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(digits)) {
    throw invalid(text);
  }
  const value = Number(digits) * hours;
  if (!Number.isFinite(value)) {
    throw invalid(text);
  }
  return withoutExponent(value);
}

/** The shortest digits of a number, never with an exponent. */
function withoutExponent(value: number): string {
  const [digits = "", exponent] = String(value).split("e");
  if (exponent === undefined) {
    return digits;
  }
  const [whole = "", fraction = ""] = digits.split(".");
  const point = Number(exponent) + whole.length;
  const all = whole + fraction;
  return point <= 0 ? `0.${"0".repeat(-point)}${all}` : all.padEnd(point, "0");
}

/** `text` in Go's own units; `original` is what errors name. */
function parsePlain(text: string, original: string): bigint {
  const isNegative = text.startsWith("-");
  const unsigned = text.replace(/^[-+]/, "");
  if (unsigned === "0") {
    return 0n;
  }
  if (unsigned === "") {
    throw invalid(original);
  }
  let total = 0n;
  let rest = unsigned;
  while (rest !== "") {
    const [segment, whole, fraction = "", unit = ""] =
      /^(\d*)(?:\.(\d*))?([^0-9.]*)/.exec(rest) ?? ["", ""];
    if (!/^[0-9.]/.test(rest) || whole + fraction === "") {
      throw invalid(original);
    }
    const value = segmentValue(
      { whole: whole ?? "", fraction, unit },
      original,
    );
    // Go adds up in 64 bits.
    total = BigInt.asUintN(64, total + value);
    if (total > limit) {
      throw invalid(original);
    }
    rest = rest.slice(segment.length);
  }
  if (isNegative) {
    return -total;
  }
  if (total === limit) {
    throw invalid(original);
  }
  return total;
}

function segmentValue(
  {
    whole,
    fraction,
    unit,
  }: {
    readonly whole: string;
    readonly fraction: string;
    readonly unit: string;
  },
  original: string,
): bigint {
  const value = BigInt(whole || "0");
  if (value > limit) {
    throw invalid(original);
  }
  if (unit === "") {
    throw fault("missing unit in duration", original);
  }
  if (!Object.hasOwn(units, unit)) {
    throw fault(`unknown unit ${quote(unit)} in duration`, original);
  }
  const size = units[unit] as bigint;
  if (value > limit / size) {
    throw invalid(original);
  }
  const all = value * size + part(fraction, size);
  if (all > limit) {
    throw invalid(original);
  }
  return all;
}

/** The fraction of a unit as Go's floating point has it. */
function part(fraction: string, size: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of fraction) {
    const next = value * 10n + BigInt(digit);
    // Digits beyond what 63 bits hold count for nothing.
    if (value > (limit - 1n) / 10n || next > limit) {
      break;
    }
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(size) / scale)));
}

function invalid(text: string): BuiltinError {
  return fault("invalid duration", text);
}

function fault(message: string, text: string): BuiltinError {
  // OPA words those with its own units, Go the others.
  const quoted = isExtended(text) ? goQuote(text) : quote(text);
  return new BuiltinError(`time: ${message} ${quoted}`);
}

function isExtended(text: string): boolean {
  return text === "" || /[dwy]/.test(text);
}

function quote(text: string): string {
  return quoteBytes(Buffer.from(text).toString("latin1"));
}
