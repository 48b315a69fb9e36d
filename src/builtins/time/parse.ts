import { BuiltinError } from "../../engine/builtins/index.ts";
import { daysInMonth, isLeapYear } from "./calendar.ts";
import { fromCivil, type Instant } from "./instant.ts";
import {
  dayNames,
  type LayoutElement,
  type LayoutPart,
  monthNames,
  splitLayout,
} from "./layout.ts";
import { quoteBytes } from "./quote.ts";
import { utc } from "./zone.ts";

/** Reads an instant by a layout in Go's form; throws Go's error. */
export function parseInstant(layout: string, value: string): Instant {
  const bytes = Buffer.from(value).toString("latin1");
  const reader = new InstantReader(
    Buffer.from(layout).toString("latin1"),
    bytes,
  );
  return reader.read();
}

/** What has been read; undefined where nothing was. */
type Fields = {
  year: number;
  month?: number;
  day?: number;
  yearDay?: number;
  hour: number;
  minute: number;
  second: number;
  nanoseconds: number;
  half?: "am" | "pm";
  isUtc?: boolean;
  /** Seconds east of UTC. */
  offset?: number;
  zoneName?: string;
};

/** The text does not fit the element. */
class Mismatch extends Error {}

class InstantReader {
  private readonly layout: string;
  private readonly value: string;
  private readonly fields: Fields = {
    year: 0,
    hour: 0,
    minute: 0,
    second: 0,
    nanoseconds: 0,
  };
  private rest: string;

  constructor(layout: string, value: string) {
    this.layout = layout;
    this.value = value;
    this.rest = value;
  }

  read(): Instant {
    const parts = splitLayout(this.layout);
    for (const [index, part] of parts.entries()) {
      this.skip(part.literal);
      if (part.element !== undefined) {
        this.take(part, part.element, parts[index + 1]);
      }
    }
    if (this.rest !== "") {
      throw this.refuse(`extra text: ${quoteBytes(this.rest)}`);
    }
    return this.finish();
  }

  /** Literal text; a run of spaces stands for any other. */
  private skip(literal: string): void {
    for (const [piece] of literal.matchAll(/ +|[^ ]/g)) {
      if (!piece.startsWith(" ")) {
        if (!this.rest.startsWith(piece)) {
          throw this.cannot(literal, this.rest);
        }
        this.rest = this.rest.slice(1);
      } else if (this.rest !== "" && !this.rest.startsWith(" ")) {
        throw this.cannot(literal, this.rest);
      } else {
        this.rest = this.rest.replace(/^ +/, "");
      }
    }
  }

  private take(
    part: LayoutPart,
    element: LayoutElement,
    next: LayoutPart | undefined,
  ): void {
    const hold = this.rest;
    try {
      const read = readers[element];
      if (element === "fraction") {
        this.takeFraction(part.text);
      } else if (read) {
        read(this, this.fields);
      } else {
        this.takeZone(element);
      }
      if (element === "5" || element === "05") {
        this.takeUnaskedFraction(next);
      }
    } catch (error) {
      throw error instanceof Mismatch ? this.cannot(part.text, hold) : error;
    }
  }

  /** What the pattern finds at the start. */
  match(pattern: RegExp): string {
    const [found] = pattern.exec(this.rest) ?? [];
    if (found === undefined) {
      throw new Mismatch();
    }
    this.rest = this.rest.slice(found.length);
    return found;
  }

  /** A number that lies in a range. */
  number(
    pattern: RegExp,
    { from, to, what }: { from: number; to: number; what: string },
  ): number {
    const found = Number(this.match(pattern));
    if (found < from || found > to) {
      throw this.refuse(`${what} out of range`);
    }
    return found;
  }

  /** Index of the name that stands there, in letters of any case. */
  name(names: readonly string[], length = Number.POSITIVE_INFINITY): number {
    const start = this.rest.toLowerCase();
    const index = names.findIndex((name) =>
      start.startsWith(name.slice(0, length).toLowerCase()),
    );
    if (index < 0) {
      throw new Mismatch();
    }
    this.rest = this.rest.slice(
      Math.min(length, names[index]?.length ?? length),
    );
    return index;
  }

  private takeFraction(text: string): void {
    if (text[1] === "9") {
      if (/^[.,]\d/.test(this.rest)) {
        this.nanoseconds(this.match(/^[.,]\d+/));
      }
      return;
    }
    const found = this.rest.slice(0, text.length);
    if (found.length < text.length) {
      throw new Mismatch();
    }
    this.nanoseconds(found);
    this.rest = this.rest.slice(text.length);
  }

  /** A fraction behind the seconds is taken though the layout has none. */
  private takeUnaskedFraction(next: LayoutPart | undefined): void {
    if (/^[.,]\d/.test(this.rest) && next?.element !== "fraction") {
      this.nanoseconds(this.match(/^[.,]\d+/));
    }
  }

  private nanoseconds(text: string): void {
    const digits = text.slice(1, 10);
    if (!/^[.,]/.test(text) || !/^[-+]?\d*$/.test(digits)) {
      throw new Mismatch();
    }
    // A sign passes for the first digit, as long as nothing is below zero.
    const found = Number(digits.replace(/^[-+]/, "") || "0");
    if (digits.startsWith("-") && found > 0) {
      throw this.refuse("fractional second out of range");
    }
    this.fields.nanoseconds = found * 10 ** (9 - digits.length);
  }

  /** `-07:00` and its kin. */
  private takeZone(element: LayoutElement): void {
    if (element.startsWith("Z") && this.rest.startsWith("Z")) {
      this.rest = this.rest.slice(1);
      this.fields.isUtc = true;
      return;
    }
    const { length } = element;
    const text = this.rest.slice(0, length);
    const colons = element.includes(":")
      ? [3, 6].filter((at) => at < length)
      : [];
    if (text.length < length || colons.some((at) => text[at] !== ":")) {
      throw new Mismatch();
    }
    this.rest = this.rest.slice(length);
    const digits = [...text]
      .filter((_, at) => at > 0 && !colons.includes(at))
      .join("");
    const [hour = 0, minute = 0, second = 0] = this.offsetParts(digits);
    const size = (hour * 60 + minute) * 60 + second;
    if (!/^[-+]/.test(text) || !/^\d+$/.test(digits)) {
      throw new Mismatch();
    }
    this.fields.offset = text.startsWith("-") ? -size : size;
  }

  /** Hours, minutes and seconds, up to what is no number; the last one out of range is named. */
  private offsetParts(digits: string): number[] {
    const [pairs = ""] = /^(?:\d\d)*/.exec(digits) ?? [];
    const parts = (pairs.match(/../g) ?? []).map(Number);
    const wrong = parts.findLastIndex(
      (part, at) => part > (at === 0 ? 24 : 60),
    );
    if (wrong >= 0) {
      const what = ["hour", "minute", "second"][wrong];
      throw this.refuse(`time zone offset ${what} out of range`);
    }
    return parts;
  }

  private finish(): Instant {
    const { fields } = this;
    if (fields.half === "pm" && fields.hour < 12) {
      fields.hour += 12;
    } else if (fields.half === "am" && fields.hour === 12) {
      fields.hour = 0;
    }
    this.settleYearDay();
    const { year, month = 1, day = 1, nanoseconds } = fields;
    if (day < 1 || day > daysInMonth(year, month)) {
      throw this.refuse("day out of range");
    }
    const seconds = fromCivil({ ...fields, month, day }, utc);
    return { seconds: seconds - this.offset(), nanoseconds, zone: utc };
  }

  private offset(): number {
    const { isUtc, offset, zoneName = "" } = this.fields;
    // INVARIANT: Go's mark for "no offset" is one second west of UTC.
    if (isUtc || (offset !== undefined && offset !== -1)) {
      return isUtc ? 0 : (offset ?? 0);
    }
    return /^GMT[-+]\d/.test(zoneName) ? Number(zoneName.slice(3)) * 3_600 : 0;
  }

  /** A day of the year becomes month and day, which must not say otherwise. */
  private settleYearDay(): void {
    const { fields } = this;
    if (fields.yearDay === undefined) {
      return;
    }
    const days = isLeapYear(fields.year) ? 366 : 365;
    if (fields.yearDay < 1 || fields.yearDay > days) {
      throw this.refuse("day-of-year out of range");
    }
    let [month, day] = [1, fields.yearDay];
    while (day > daysInMonth(fields.year, month)) {
      day -= daysInMonth(fields.year, month);
      month += 1;
    }
    if (fields.month !== undefined && fields.month !== month) {
      throw this.refuse("day-of-year does not match month");
    }
    if (fields.day !== undefined && fields.day !== day) {
      throw this.refuse("day-of-year does not match day");
    }
    Object.assign(fields, { month, day });
  }

  private cannot(element: string, found: string): BuiltinError {
    return new BuiltinError(
      `parsing time ${quoteBytes(this.value)} as ${quoteBytes(this.layout)}: ` +
        `cannot parse ${quoteBytes(found)} as ${quoteBytes(element)}`,
    );
  }

  refuse(why: string): BuiltinError {
    return new BuiltinError(`parsing time ${quoteBytes(this.value)}: ${why}`);
  }
}

type Read = (reader: InstantReader, fields: Fields) => void;

const oneOrTwo = /^\d\d?/;
const two = /^\d\d/;

const months = { from: 1, to: 12, what: "month" };
const hours = { from: 0, to: 23, what: "hour" };
const halfHours = { from: 0, to: 12, what: "hour" };
const minutes = { from: 0, to: 59, what: "minute" };
const seconds = { from: 0, to: 59, what: "second" };
const anything = { from: 0, to: 999, what: "" };

const readers: Partial<Record<LayoutElement, Read>> = {
  "2006": (reader, fields) => {
    fields.year = Number(reader.match(/^\d{4}/));
  },
  "06": (reader, fields) => {
    fields.year = century(reader.match(/^(?:\d\d|[-+]\d)/));
  },
  January: (reader, fields) => {
    fields.month = reader.name(monthNames) + 1;
  },
  Jan: (reader, fields) => {
    fields.month = reader.name(monthNames, 3) + 1;
  },
  "1": (reader, fields) => {
    fields.month = reader.number(oneOrTwo, months);
  },
  "01": (reader, fields) => {
    fields.month = reader.number(two, months);
  },
  Monday: (reader) => {
    reader.name(dayNames);
  },
  Mon: (reader) => {
    reader.name(dayNames, 3);
  },
  "2": (reader, fields) => {
    fields.day = reader.number(oneOrTwo, anything);
  },
  _2: (reader, fields) => {
    fields.day = reader.number(/^ ?\d\d?/, anything);
  },
  "02": (reader, fields) => {
    fields.day = reader.number(two, anything);
  },
  __2: (reader, fields) => {
    fields.yearDay = reader.number(/^ ? ?\d\d?\d?/, anything);
  },
  "002": (reader, fields) => {
    fields.yearDay = reader.number(/^\d{3}/, anything);
  },
  "15": (reader, fields) => {
    fields.hour = reader.number(oneOrTwo, hours);
  },
  "3": (reader, fields) => {
    fields.hour = reader.number(oneOrTwo, halfHours);
  },
  "03": (reader, fields) => {
    fields.hour = reader.number(two, halfHours);
  },
  "4": (reader, fields) => {
    fields.minute = reader.number(oneOrTwo, minutes);
  },
  "04": (reader, fields) => {
    fields.minute = reader.number(two, minutes);
  },
  "5": (reader, fields) => {
    fields.second = reader.number(oneOrTwo, seconds);
  },
  "05": (reader, fields) => {
    fields.second = reader.number(two, seconds);
  },
  PM: (reader, fields) => {
    fields.half = reader.match(/^[AP]M/) === "PM" ? "pm" : "am";
  },
  pm: (reader, fields) => {
    fields.half = reader.match(/^[ap]m/) === "pm" ? "pm" : "am";
  },
  MST: (reader, fields) => {
    const found = reader.match(zoneName);
    if (found === "UTC") {
      fields.isUtc = true;
    } else {
      fields.zoneName = found;
    }
  },
};

// What passes for an abbreviation of a zone. Five letters end in T, as do four;
// six are none.
const signedHour = "[-+](?:0*1?\\d|0*2[0-3])(?!\\d)";
const zoneName = new RegExp(
  `^(?=[\\s\\S]{3})(?:UTC|ChST|MeST|GMT(?:${signedHour})?|${signedHour}|` +
    "(?![A-Z]{6})(?:[A-Z]{4}T|(?![A-Z]{5})(?:[A-Z]{3}T|WITA)|[A-Z]{3}(?![A-Z])))",
);

function century(text: string): number {
  const year = Number(text);
  return year >= 69 ? year + 1_900 : year + 2_000;
}
