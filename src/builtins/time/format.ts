import { type Civil, type Instant, toCivil } from "./instant.ts";
import {
  dayNames,
  type LayoutElement,
  type LayoutPart,
  monthNames,
  splitLayout,
} from "./layout.ts";
import type { ZoneOffset } from "./zone.ts";

/** The instant written by a layout in Go's form. */
export function formatInstant(instant: Instant, layout: string): string {
  const shown: Shown = {
    ...toCivil(instant),
    nanoseconds: instant.nanoseconds,
    offset: instant.zone.at(instant.seconds),
  };
  // Go's layouts are bytes.
  const bytes = Buffer.from(layout).toString("latin1");
  const text = splitLayout(bytes)
    .map((part) => part.literal + writeElement(part, shown))
    .join("");
  return Buffer.from(text, "latin1").toString();
}

type Shown = Civil & {
  readonly nanoseconds: number;
  readonly offset: ZoneOffset;
};

function writeElement({ element, text }: LayoutPart, shown: Shown): string {
  if (element === undefined) {
    return "";
  }
  if (element === "fraction") {
    return fraction(text, shown.nanoseconds);
  }
  const write = writers[element];
  return write ? write(shown) : numericZone(element, shown.offset.seconds);
}

const writers: Partial<Record<LayoutElement, (shown: Shown) => string>> = {
  "2006": ({ year }) => padded(year, 4),
  "06": ({ year }) => padded(Math.abs(year) % 100, 2),
  January: ({ month }) => monthName(month),
  Jan: ({ month }) => monthName(month).slice(0, 3),
  "1": ({ month }) => String(month),
  "01": ({ month }) => padded(month, 2),
  Monday: ({ weekday }) => dayName(weekday),
  Mon: ({ weekday }) => dayName(weekday).slice(0, 3),
  "2": ({ day }) => String(day),
  _2: ({ day }) => String(day).padStart(2),
  "02": ({ day }) => padded(day, 2),
  __2: ({ yearDay }) => String(yearDay).padStart(3),
  "002": ({ yearDay }) => padded(yearDay, 3),
  "15": ({ hour }) => padded(hour, 2),
  "3": ({ hour }) => String(hour % 12 || 12),
  "03": ({ hour }) => padded(hour % 12 || 12, 2),
  "4": ({ minute }) => String(minute),
  "04": ({ minute }) => padded(minute, 2),
  "5": ({ second }) => String(second),
  "05": ({ second }) => padded(second, 2),
  PM: ({ hour }) => (hour >= 12 ? "PM" : "AM"),
  pm: ({ hour }) => (hour >= 12 ? "pm" : "am"),
  MST: ({ offset }) => offset.name,
};

function monthName(month: number): string {
  return monthNames[month - 1] ?? "";
}

export function dayName(weekday: number): string {
  return dayNames[weekday] ?? "";
}

function padded(value: number, width: number): string {
  const digits = String(Math.abs(value)).padStart(width, "0");
  return value < 0 ? `-${digits}` : digits;
}

/** Zeros ask for so many digits, nines for no more than so many. */
function fraction(text: string, nanoseconds: number): string {
  const [separator = "", kind] = text;
  const digits = padded(nanoseconds, 9).slice(0, text.length - 1);
  if (kind === "0") {
    return separator + digits;
  }
  const trimmed = digits.replace(/0+$/, "");
  return trimmed === "" ? "" : separator + trimmed;
}

/** `-07:00` and its kin; with `Z` in front UTC is just that. */
function numericZone(element: LayoutElement, offset: number): string {
  if (element.startsWith("Z") && offset === 0) {
    return "Z";
  }
  // The sign is that of the whole minutes, which are all that is written first.
  const minutes = Math.trunc(offset / 60);
  const size = Math.abs(minutes);
  const colon = element.includes(":") ? ":" : "";
  const withMinutes = element.length > 3;
  const withSeconds = element.endsWith("0000") || element.endsWith(":00:00");
  return [
    minutes < 0 ? "-" : "+",
    padded(Math.floor(size / 60), 2),
    withMinutes ? colon + padded(size % 60, 2) : "",
    withSeconds ? colon + secondsOf(minutes < 0 ? -offset : offset) : "",
  ].join("");
}

/** What Go writes: the remainder keeps the sign of what it is given. */
function secondsOf(offset: number): string {
  return padded(offset % 60, 2);
}
