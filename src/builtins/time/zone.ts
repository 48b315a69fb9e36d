import { BuiltinError } from "../../engine/builtins/index.ts";
import { zoneLines, zonePlaces } from "../gen/zones.ts";
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  secondsPerDay,
  weekdayOf,
} from "./calendar.ts";

/** What clocks of a zone show during some span of time. */
export type ZoneOffset = {
  readonly name: string;
  /** Seconds east of UTC. */
  readonly seconds: number;
  /** Seconds since 1970 from which, and before which, it holds. */
  readonly start: number;
  readonly end: number;
};

/** A time zone of the IANA database. */
export type Zone = { at(seconds: number): ZoneOffset };

/** A zone whose clocks never change. */
function fixedZone(name: string, seconds: number): Zone {
  const [start, end] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const offset = { name, seconds, start, end };
  return { at: () => offset };
}

export const utc = fixedZone("UTC", 0);

const zones = new Map<string, Zone>([
  ["", utc],
  ["UTC", utc],
  // The server's own zone is no part of a decision.
  ["Local", utc],
]);

/** The zone of a name; throws Go's error for one that is not there. */
export function loadZone(name: string): Zone {
  const known = zones.get(name);
  if (known) {
    return known;
  }
  if (/^[/\\]|\.\./.test(name)) {
    throw new BuiltinError("time: invalid location name");
  }
  // Where Go looks for files of zones, this is what the system says to the name.
  if (name.includes("\0")) {
    throw new BuiltinError("invalid argument");
  }
  const line = Object.hasOwn(zonePlaces, name)
    ? zoneLines[zonePlaces[name] as number]
    : undefined;
  if (line === undefined) {
    throw new BuiltinError(
      isFolder(name) ? "is a directory" : `unknown time zone ${name}`,
    );
  }
  const zone = readZone(line);
  zones.set(name, zone);
  return zone;
}

/** Whether a name is that of a region, which for Go is a folder of zones. */
function isFolder(name: string): boolean {
  const region = name.replace(/\/+$/, "");
  return (
    region === "." ||
    Object.keys(zonePlaces).some((place) => place.startsWith(`${region}/`))
  );
}

type Kind = { readonly name: string; readonly seconds: number };
type Transition = { readonly when: number; readonly kind: Kind };

function readZone(line: string): Zone {
  const [kindTexts = "", transitionTexts = "", rule = ""] = line.split("|");
  const kinds = kindTexts.split(",").map((text) => {
    const [name = "", seconds, summer] = text.split(" ");
    return { name, seconds: Number(seconds), isSummer: summer === "1" };
  });
  const kindAt = (index: number) => kinds[index] ?? { name: "UTC", seconds: 0 };
  const used: number[] = [];
  let when = 0;
  const transitions = transitionTexts.split(" ").flatMap((text) => {
    const [delta = "", index = ""] = text.split(".");
    if (text === "") {
      return [];
    }
    when += Number.parseInt(delta, 36);
    used.push(Number.parseInt(index, 36));
    return [{ when, kind: kindAt(Number.parseInt(index, 36)) }];
  });
  return createZone(
    kindAt(firstKind(kinds, used)),
    transitions,
    rule === "" ? undefined : readRule(rule),
  );
}

/** Which of the kinds holds before the first transition, as Go chooses it. */
function firstKind(
  kinds: readonly { readonly isSummer: boolean }[],
  used: readonly number[],
): number {
  if (!used.includes(0)) {
    return 0;
  }
  const isWinter = ({ isSummer }: { isSummer: boolean }) => !isSummer;
  const [next = 0] = used;
  const before = kinds[next]?.isSummer
    ? kinds.slice(0, next).findLastIndex(isWinter)
    : -1;
  return before >= 0 ? before : Math.max(kinds.findIndex(isWinter), 0);
}

function createZone(
  first: Kind,
  transitions: readonly Transition[],
  rule: Rule | undefined,
): Zone {
  const last = transitions.at(-1)?.when ?? Number.NEGATIVE_INFINITY;
  return {
    at: (seconds) => {
      if (rule && seconds >= last) {
        return rule(seconds, last);
      }
      const index = lastBefore(transitions, seconds);
      const found = transitions[index];
      return {
        ...(found?.kind ?? first),
        start: found?.when ?? Number.NEGATIVE_INFINITY,
        end: transitions[index + 1]?.when ?? Number.POSITIVE_INFINITY,
      };
    },
  };
}

/** Index of the last transition at or before a time, -1 for none. */
function lastBefore(
  transitions: readonly Transition[],
  seconds: number,
): number {
  let [low, high] = [0, transitions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { when } = transitions[middle] as Transition;
    [low, high] = when <= seconds ? [middle + 1, high] : [low, middle];
  }
  return low - 1;
}

/** The offset at a time after `last`, the last transition that is listed. */
type Rule = (seconds: number, last: number) => ZoneOffset;

const ruleText =
  /^(?<standard>[A-Za-z]+|<[^>]+>)(?<offset>[-+]?[\d:]+)(?:(?<summer>[A-Za-z]+|<[^>]+>)(?<summerOffset>[-+]?[\d:]+)?,(?<from>[^,]+),(?<to>[^,]+))?$/;

/** A rule in POSIX's form, as `CET-1CEST,M3.5.0,M10.5.0/3`. */
function readRule(text: string): Rule {
  const parts = ruleText.exec(text)?.groups ?? {};
  const standard = {
    name: bare(parts["standard"]),
    seconds: -clockSeconds(parts["offset"] ?? "0"),
  };
  const { from, to, summerOffset } = parts;
  if (from === undefined || to === undefined) {
    const end = Number.POSITIVE_INFINITY;
    return (_seconds, start) => ({ ...standard, start, end });
  }
  const summer = {
    name: bare(parts["summer"]),
    seconds:
      summerOffset === undefined
        ? standard.seconds + 3_600
        : -clockSeconds(summerOffset),
  };
  return (seconds) => {
    const { year } = civilFromDays(Math.floor(seconds / secondsPerDay));
    const begins = change(from, year) - standard.seconds;
    const ends = change(to, year) - summer.seconds;
    // South of the equator the year begins and ends in summer.
    const [middle, outside] =
      begins < ends ? [summer, standard] : [standard, summer];
    const [start, end] = [Math.min(begins, ends), Math.max(begins, ends)];
    if (seconds < start) {
      return { ...outside, start: yearStart(year), end: start };
    }
    return seconds >= end
      ? { ...outside, start: end, end: yearStart(year) + 365 * secondsPerDay }
      : { ...middle, start, end };
  };
}

function bare(name = ""): string {
  return name.replace(/[<>]/g, "");
}

function yearStart(year: number): number {
  return daysFromCivil({ year, month: 1, day: 1 }) * secondsPerDay;
}

/** `-1:30` as seconds. */
function clockSeconds(text: string): number {
  const [hours = "0", minutes = "0", seconds = "0"] = text
    .replace(/^[-+]/, "")
    .split(":");
  const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return text.startsWith("-") ? -size : size;
}

/** `M3.5.0/2`: month, week (5 is the last), weekday, local time of day. */
function change(text: string, year: number): number {
  const [date = "", clock = "2"] = text.split("/");
  const [month = 1, week = 1, weekday = 0] = date
    .slice(1)
    .split(".")
    .map(Number);
  const first = daysFromCivil({ year, month, day: 1 });
  let day = (weekday - weekdayOf(first) + 7) % 7;
  for (let turn = 1; turn < week; turn += 1) {
    if (day + 7 < daysInMonth(year, month)) {
      day += 7;
    }
  }
  return (first + day) * secondsPerDay + clockSeconds(clock);
}
