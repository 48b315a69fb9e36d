import {
  BigDecimal,
  BuiltinError,
  fromBigint,
  type HostBuiltin,
  isArray,
  isNumber,
  OperandError,
  toInteger,
  type Value,
} from "../../engine/builtins/index.ts";
import { civilFromDays, daysFromCivil } from "./calendar.ts";
import { parseDuration } from "./duration.ts";
import { dayName, formatInstant } from "./format.ts";
import {
  type Civil,
  fromCivil,
  fromNanoseconds,
  type Instant,
  toCivil,
  toNanoseconds,
} from "./instant.ts";
import { resolveLayout } from "./layout.ts";
import { parseInstant } from "./parse.ts";
import { loadZone, utc } from "./zone.ts";

/** `time.*` but for `time.now_ns`, which the engine has. */
export const timeBuiltins: readonly HostBuiltin[] = [
  {
    name: "time.parse_ns",
    run: ([layout, value]) =>
      safeNanoseconds(
        parseInstant(resolveLayout(layout as string), value as string),
      ),
  },
  {
    name: "time.parse_rfc3339_ns",
    run: ([value]) =>
      safeNanoseconds(parseInstant(resolveLayout("RFC3339"), value as string)),
  },
  {
    name: "time.parse_duration_ns",
    run: ([duration]) => fromBigint(parseDuration(duration as string)),
  },
  {
    name: "time.format",
    run: ([operand]) => {
      const { instant, layout } = toInstant(operand);
      return formatInstant(instant, resolveLayout(layout || "RFC3339Nano"));
    },
  },
  {
    name: "time.date",
    run: ([operand]) => {
      const { year, month, day } = toCivil(toInstant(operand).instant);
      return [year, month, day];
    },
  },
  {
    name: "time.clock",
    run: ([operand]) => {
      const { hour, minute, second } = toCivil(toInstant(operand).instant);
      return [hour, minute, second];
    },
  },
  {
    name: "time.weekday",
    run: ([operand]) => dayName(toCivil(toInstant(operand).instant).weekday),
  },
  {
    name: "time.add_date",
    takesAny: true,
    run: ([operand, years, months, days]) => {
      const { instant } = toInstant(operand);
      const civil = toCivil(instant);
      const later = {
        ...civil,
        year: civil.year + toInt(years, 2),
        month: civil.month + toInt(months, 3),
        day: civil.day + toInt(days, 4),
      };
      const seconds = fromCivil(later, instant.zone);
      return safeNanoseconds({ ...instant, seconds });
    },
  },
  {
    name: "time.diff",
    run: ([first, second]) => {
      const { instant } = toInstant(first);
      const other = { ...toInstant(second).instant, zone: instant.zone };
      return toNanoseconds(instant) > toNanoseconds(other)
        ? difference(toCivil(other), toCivil(instant))
        : difference(toCivil(instant), toCivil(other));
    },
  },
];

const int64 = { least: -(1n << 63n), most: (1n << 63n) - 1n } as const;

// About where an int64 of nanoseconds ends.
const farSeconds = 2 ** 34;

function safeNanoseconds(instant: Instant): Value {
  if (Math.abs(instant.seconds) < farSeconds) {
    const nanoseconds = toNanoseconds(instant);
    if (nanoseconds >= int64.least && nanoseconds <= int64.most) {
      return fromBigint(nanoseconds);
    }
  }
  throw new BuiltinError("time outside of valid range");
}

const wanted = "either number (ns) or [number (ns), string (tz)]";

/** `ns`, `[ns, zone]` or `[ns, zone, layout]`. */
function toInstant(operand: Value | undefined): {
  readonly instant: Instant;
  readonly layout: string;
} {
  const value = operand ?? null;
  if (isNumber(value)) {
    return { instant: fromNanoseconds(toTimestamp(value), utc), layout: "" };
  }
  if (!isArray(value) || value.length === 0) {
    throw OperandError.ofType(1, value, wanted);
  }
  const [nanoseconds = null, zone = "", layout = ""] = value;
  if (!isNumber(nanoseconds)) {
    throw OperandError.ofType(1, nanoseconds, "number");
  }
  const found = loadZone(toText(zone));
  const text = toText(layout);
  const instant = fromNanoseconds(toTimestamp(nanoseconds), found);
  return { instant, layout: text };
}

function toText(value: Value): string {
  if (typeof value !== "string") {
    throw OperandError.ofType(1, value, "string");
  }
  return value;
}

function toTimestamp(value: Parameters<typeof toInteger>[0]): bigint {
  const integer = toInteger(value);
  if (integer === undefined || integer !== BigInt.asIntN(64, integer)) {
    throw new BuiltinError("timestamp too big");
  }
  return integer;
}

/** An integer written as one. */
function toInt(operand: Value | undefined, position: number): number {
  const value = operand ?? null;
  if (!isNumber(value)) {
    throw OperandError.ofType(position, value, "number");
  }
  const text = value instanceof BigDecimal ? value.text : String(value);
  // As OPA reads it: 1.0 is whole, 1e0 is not.
  const whole = /^-?\d{1,19}(?=\.?0*$)/.exec(text)?.[0];
  if (
    whole === undefined ||
    BigInt(whole) !== BigInt.asIntN(64, BigInt(whole))
  ) {
    throw new OperandError(
      position,
      "must be integer number but got floating-point number",
    );
  }
  return Number(whole);
}

/** Years to seconds between two readings of calendar and clock, the earlier first. */
function difference(from: Civil, to: Civil): Value {
  // What is below zero borrows from the next greater part.
  const seconds = to.second - from.second;
  const minutes = to.minute - from.minute - (seconds < 0 ? 1 : 0);
  const hours = to.hour - from.hour - (minutes < 0 ? 1 : 0);
  const days = to.day - from.day - (hours < 0 ? 1 : 0);
  const months = to.month - from.month - (days < 0 ? 1 : 0);
  const years = to.year - from.year - (months < 0 ? 1 : 0);
  return [
    years,
    months + (months < 0 ? 12 : 0),
    days + (days < 0 ? monthLength(from) : 0),
    hours + (hours < 0 ? 24 : 0),
    minutes + (minutes < 0 ? 60 : 0),
    seconds + (seconds < 0 ? 60 : 0),
  ];
}

function monthLength({ year, month }: Civil): number {
  return 32 - civilFromDays(daysFromCivil({ year, month, day: 32 })).day;
}
