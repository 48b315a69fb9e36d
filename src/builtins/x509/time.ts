import { BuiltinError } from "../../engine/builtins/index.ts";
import { type DerReader, tag } from "./der.ts";

/** A moment with the text that Go's JSON has for it. */
export type Time = { readonly milliseconds: number; readonly text: string };

/** Reads a UTCTime or a GeneralizedTime. */
export function parseTime(reader: DerReader): Time {
  if (reader.has(tag.utcTime)) {
    const content = reader.content(tag.utcTime);
    return (content && toTime(content, utcTime)) ?? malformed("UTCTime");
  }
  if (reader.has(tag.generalizedTime)) {
    const content = reader.content(tag.generalizedTime);
    return (
      (content && toTime(content, generalizedTime)) ??
      malformed("GeneralizedTime")
    );
  }
  throw new BuiltinError("x509: unsupported time format");
}

function malformed(type: string): never {
  throw new BuiltinError(`x509: malformed ${type}`);
}

const utcTime =
  /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-](?!0000)\d\d[0-5]\d)$/;
const generalizedTime =
  /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-](?!0000)\d\d[0-5]\d)$/;

function toTime(content: Buffer, form: RegExp): Time | undefined {
  const [
    whole,
    digits = "",
    month,
    day,
    hour,
    minute,
    second = "00",
    zone = "Z",
  ] = form.exec(content.toString("latin1")) ?? [];
  if (whole === undefined) {
    return undefined;
  }
  const year =
    digits.length === 4 ? digits : `${Number(digits) < 50 ? 20 : 19}${digits}`;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const date = new Date(`${local}Z`);
  if (
    Number.isNaN(date.getTime()) ||
    date.toISOString().slice(0, 19) !== local
  ) {
    return undefined;
  }
  if (zone === "Z") {
    return { milliseconds: date.getTime(), text: `${local}Z` };
  }
  const [, sign, hours, minutes] = /(.)(..)(..)/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return {
    milliseconds: date.getTime() + (sign === "+" ? -offset : offset),
    text: `${local}${sign}${hours}:${minutes}`,
  };
}
