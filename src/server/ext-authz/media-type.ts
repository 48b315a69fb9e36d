import { unescapePath } from "./go-text.ts";

/** A media type or disposition with its parameters, or what is wrong with it. */
export type MediaType =
  | {
      readonly kind: "parsed";
      readonly type: string;
      readonly parameters: ReadonlyMap<string, string>;
    }
  | { readonly kind: "fault"; readonly reason: string };

const token = /[A-Za-z0-9!#$%&'*+.^_`{|}~-]*/y;

/** Reads a media type as Go's `mime.ParseMediaType`, with its words for faults. */
export function parseMediaType(text: string): MediaType {
  const end = text.indexOf(";");
  const base = end < 0 ? text : text.slice(0, end);
  const type = base.toLowerCase().trim();
  const wrong = typeFault(type);
  if (wrong !== undefined) {
    return fault(wrong);
  }
  const parameters = new Map<string, string>();
  let rest = text.slice(base.length).trimStart();
  while (rest !== "") {
    const parameter = takeParameter(rest);
    if (parameter === undefined) {
      if (rest.trim() === ";") {
        break;
      }
      return fault("mime: invalid media parameter");
    }
    const { name, value } = parameter;
    if (parameters.has(name) && parameters.get(name) !== value) {
      return fault("mime: duplicate parameter name");
    }
    parameters.set(name, value);
    rest = parameter.rest.trimStart();
  }
  return { kind: "parsed", type, parameters: withDecoded(parameters) };
}

function fault(reason: string): MediaType {
  return { kind: "fault", reason };
}

function typeFault(type: string): string | undefined {
  const main = takeToken(type, 0);
  if (main === "") {
    return "mime: no media type";
  }
  if (main.length === type.length) {
    return undefined;
  }
  if (type[main.length] !== "/") {
    return "mime: expected slash after first token";
  }
  const sub = takeToken(type, main.length + 1);
  if (sub === "") {
    return "mime: expected token after slash";
  }
  return main.length + 1 + sub.length < type.length
    ? "mime: unexpected content after media subtype"
    : undefined;
}

function takeToken(text: string, at: number): string {
  token.lastIndex = at;
  return token.exec(text)?.[0] ?? "";
}

type Parameter = {
  readonly name: string;
  readonly value: string;
  readonly rest: string;
};

/** `; name = value` at the start of a text. */
function takeParameter(text: string): Parameter | undefined {
  if (!text.startsWith(";")) {
    return undefined;
  }
  const named = text.slice(1).trimStart();
  const name = takeToken(named, 0);
  const equals = named.slice(name.length).trimStart();
  if (name === "" || !equals.startsWith("=")) {
    return undefined;
  }
  const valued = equals.slice(1).trimStart();
  const value = valued.startsWith('"') ? takeQuoted(valued) : takeBare(valued);
  return value && { name: name.toLowerCase(), ...value };
}

function takeBare(text: string) {
  const value = takeToken(text, 0);
  return value === "" ? undefined : { value, rest: text.slice(value.length) };
}

const special = /[()<>@,;:\\"/[\]?=]/;

function takeQuoted(text: string) {
  let value = "";
  for (let at = 1; at < text.length; at += 1) {
    const character = text[at] ?? "";
    const next = text[at + 1] ?? "";
    if (character === '"') {
      return { value, rest: text.slice(at + 1) };
    }
    if (character === "\r" || character === "\n") {
      return undefined;
    }
    if (character === "\\" && special.test(next)) {
      value += next;
      at += 1;
    } else {
      value += character;
    }
  }
  return undefined;
}

/** RFC 2231: `name*0`, `name*1*` and `name*` are one parameter, decoded. */
function withDecoded(
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const plain = new Map([...given].filter(([name]) => !name.includes("*")));
  const bases = new Set(
    [...given.keys()]
      .filter((name) => name.includes("*"))
      .map((name) => name.slice(0, name.indexOf("*"))),
  );
  for (const base of bases) {
    const whole = given.get(`${base}*`);
    const value =
      whole === undefined ? joinPieces(base, given) : decodeExtended(whole);
    if (value !== undefined) {
      plain.set(base, value);
    }
  }
  return plain;
}

function joinPieces(
  base: string,
  given: ReadonlyMap<string, string>,
): string | undefined {
  let joined: string | undefined;
  for (let index = 0; ; index += 1) {
    const simple = given.get(`${base}*${index}`);
    const encoded = given.get(`${base}*${index}*`);
    if (simple === undefined && encoded === undefined) {
      return joined;
    }
    const decoded =
      index === 0 ? decodeExtended(encoded ?? "") : unescapePath(encoded ?? "");
    joined = (joined ?? "") + (simple ?? decoded ?? "");
  }
}

/** `utf-8'en'%41bc`. */
function decodeExtended(text: string): string | undefined {
  const [, charset = "", encoded] = /^([^']*)'[^']*'(.*)$/s.exec(text) ?? [];
  return encoded !== undefined &&
    ["us-ascii", "utf-8"].includes(charset.toLowerCase())
    ? unescapePath(encoded)
    : undefined;
}
