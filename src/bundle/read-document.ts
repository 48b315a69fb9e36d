import {
  CORE_SCHEMA,
  defineScalarTag,
  intCoreTag,
  load,
  NOT_RESOLVED,
  YAMLException,
} from "js-yaml";
import { PolicyError } from "../engine/index.ts";

// Plain integers beyond 2^53 stay exact, as they do in Rego.
const exactInteger = defineScalarTag<number | bigint>(intCoreTag.tagName, {
  implicit: true,
  implicitFirstChars: intCoreTag.implicitFirstChars,
  identify: () => false,
  resolve: (source, isExplicit, tagName) => {
    const number = intCoreTag.resolve(source, isExplicit, tagName);
    const isBig = number !== NOT_RESOLVED && !Number.isSafeInteger(number);
    return isBig ? toBigInt(source) : number;
  },
});

const schema = CORE_SCHEMA.withTags(exactInteger);

/** A JSON or YAML data file as a value; integers beyond 2^53 are bigint. */
export function parseDocument(text: string, file: string): unknown {
  if (file.endsWith(".json")) {
    return parseJson(text, file);
  }
  try {
    return text.trim() === "" ? {} : load(text, { schema });
  } catch (error) {
    throw yamlFault(error, file);
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Only a number this long can have lost digits. YAML reads JSON too, but
    // for tabs, which valid JSON has between tokens only.
    return /\d{16}/.test(text)
      ? load(text.replaceAll("\t", " "), {
          schema,
          json: true,
          maxDepth: 10_000,
        })
      : value;
  } catch (error) {
    throw jsonFault(error, text, file);
  }
}

/** The loader's complaint as ours, with the place when it names one. */
export function yamlFault(error: unknown, file: string): PolicyError {
  if (error instanceof YAMLException) {
    const location = error.mark
      ? { file, row: error.mark.line + 1, col: error.mark.column + 1 }
      : { file, row: 1, col: 1 };
    const text = `cannot be read as YAML: ${error.reason}`;
    return new PolicyError("bundle_load_error", text, {
      location,
      cause: error,
    });
  }
  return PolicyError.from(error, "bundle_load_error");
}

function jsonFault(error: unknown, text: string, file: string): PolicyError {
  const reason = error instanceof Error ? error.message : String(error);
  const position = /at position (\d+)/.exec(reason)?.[1];
  // Without a position the text has ended too early.
  const before = text.slice(0, Number(position ?? text.length)).split("\n");
  const location = {
    file,
    row: before.length,
    col: (before.at(-1) ?? "").length + 1,
  };
  const fault =
    position === undefined
      ? "unexpected end"
      : `unexpected text at position ${position}`;
  return new PolicyError(
    "bundle_load_error",
    `cannot be read as JSON: ${fault}`,
    { location, cause: error },
  );
}

function toBigInt(source: string): bigint {
  const negative = source.startsWith("-");
  const digits = BigInt(source.replace(/^[-+]/, ""));
  return negative ? -digits : digits;
}
