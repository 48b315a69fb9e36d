/** An element of a layout in Go's form, by the text that stands for it. */
export type LayoutElement =
  | "January"
  | "Jan"
  | "Monday"
  | "Mon"
  | "MST"
  | "1"
  | "01"
  | "2"
  | "_2"
  | "02"
  | "__2"
  | "002"
  | "2006"
  | "06"
  | "15"
  | "3"
  | "03"
  | "4"
  | "04"
  | "5"
  | "05"
  | "PM"
  | "pm"
  | "-070000"
  | "-07:00:00"
  | "-0700"
  | "-07:00"
  | "-07"
  | "Z070000"
  | "Z07:00:00"
  | "Z0700"
  | "Z07:00"
  | "Z07"
  | "fraction";

/** Literal text with the element that follows it; none at the layout's end. */
export type LayoutPart = {
  readonly literal: string;
  readonly element?: LayoutElement;
  /** The element as written, for error texts and for the digits of a fraction. */
  readonly text: string;
};

// Of those that begin alike the longer stands first, in Go's order.
const elements =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_2(?!006)|__2|[345]|PM|pm|[-Z]07(?:0000|:00:00|00|:00)?|[.,](?:0+|9+)(?!\d)/g;

/** Splits a layout, whose characters are bytes. */
export function splitLayout(layout: string): readonly LayoutPart[] {
  const parts: LayoutPart[] = [];
  let end = 0;
  for (const { 0: text, index } of layout.matchAll(elements)) {
    const element = /^[.,]/.test(text) ? "fraction" : (text as LayoutElement);
    parts.push({ literal: layout.slice(end, index), element, text });
    end = index + text.length;
  }
  return [...parts, { literal: layout.slice(end), text: "" }];
}

/** The layouts that OPA knows by name. */
const namedLayouts: Readonly<Record<string, string>> = {
  ANSIC: "Mon Jan _2 15:04:05 2006",
  UnixDate: "Mon Jan _2 15:04:05 MST 2006",
  RubyDate: "Mon Jan 02 15:04:05 -0700 2006",
  RFC822: "02 Jan 06 15:04 MST",
  RFC822Z: "02 Jan 06 15:04 -0700",
  RFC850: "Monday, 02-Jan-06 15:04:05 MST",
  RFC1123: "Mon, 02 Jan 2006 15:04:05 MST",
  RFC1123Z: "Mon, 02 Jan 2006 15:04:05 -0700",
  RFC3339: "2006-01-02T15:04:05Z07:00",
  RFC3339Nano: "2006-01-02T15:04:05.999999999Z07:00",
};

/** A layout by its name, or itself. */
export function resolveLayout(layout: string): string {
  return Object.hasOwn(namedLayouts, layout)
    ? (namedLayouts[layout] as string)
    : layout;
}

export const dayNames: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];

export const monthNames: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
