import {
  BuiltinError,
  type HostBuiltin,
  parseJson,
  RegoObject,
  textOperand,
  toGoJson,
  typeName,
  type Value,
} from "../../engine/builtins/index.ts";
import { algorithms, signWith } from "./algorithm.ts";
import { parseKeySet } from "./jwk.ts";

/** `io.jwt.encode_sign(headers, payload, key)` of values. */
const encodeSign: HostBuiltin = {
  name: "io.jwt.encode_sign",
  nondeterministic: true,
  takesAny: true,
  run: ([headers, payload, key]) =>
    signToken(
      toGoJson(headers as Value),
      toGoJson(payload as Value),
      toGoJson(key as Value),
    ),
};

/** `io.jwt.encode_sign_raw(headers, payload, key)` of JSON texts. */
const encodeSignRaw: HostBuiltin = {
  name: "io.jwt.encode_sign_raw",
  nondeterministic: true,
  takesAny: true,
  run: ([headers, payload, key]) => {
    const keyText = textOperand(key, 3);
    return signToken(textOperand(headers, 1), textOperand(payload, 2), keyText);
  },
};

export const encodeBuiltins: readonly HostBuiltin[] = [
  encodeSign,
  encodeSignRaw,
];

function signToken(headers: string, payload: string, keyText: string): string {
  const [key] = readKeys(keyText);
  if (key === undefined) {
    throw new BuiltinError("no keys found in JWK set");
  }
  const header = readHeaderText(headers);
  const name = headerText(header, "alg");
  if (typeof name !== "string") {
    throw new BuiltinError(`missing or invalid 'alg' header: ${name.fault}`);
  }
  const algorithm = algorithms.get(name);
  if (algorithm === undefined) {
    throw new BuiltinError(`unknown JWS algorithm: ${name}`);
  }
  const type = headerText(header, "typ");
  if ((typeof type !== "string" || type === "JWT") && !isJson(payload)) {
    throw new BuiltinError("type is JWT but payload is not JSON");
  }
  const signed = `${encode(headers)}.${encode(payload)}`;
  const signature = signWith(
    algorithm,
    key.material,
    Buffer.from(signed, "utf8"),
  );
  return `${signed}.${signature.toString("base64url")}`;
}

function readKeys(text: string): ReturnType<typeof parseKeySet> {
  try {
    return parseKeySet(text);
  } catch (error) {
    throw error instanceof BuiltinError &&
      !error.message.startsWith("jwk.Export")
      ? new BuiltinError(`jwk.Parse: ${error.message}`)
      : error;
  }
}

function encode(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return false;
    }
    throw error;
  }
}

type Fault = { readonly fault: string };

/** As lenient as the JSON reader that OPA uses here: anything that looks like a number is one. */
function readHeaderText(text: string): Value | Fault {
  if (/^\s*(?:[-+.eE0-9]+|[+-]?(?:inf|nan))\s*$/i.test(text)) {
    return 0;
  }
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
    const what =
      text.trim() === ""
        ? "cannot parse empty string"
        : `cannot parse number: unexpected char: ${JSON.stringify(text.trim()[0])}`;
    return {
      fault: `cannot parse JSON: ${what}; unparsed tail: ${JSON.stringify(text.trim())}`,
    };
  }
}

function headerText(header: Value | Fault, name: string): string | Fault {
  if (isFault(header)) {
    return header;
  }
  const value = header instanceof RegoObject ? header.get(name) : undefined;
  if (value === undefined) {
    return { fault: `jwsbb: header "${name}" not found` };
  }
  return typeof value === "string"
    ? value
    : {
        fault: `value doesn't contain string; it contains ${typeof value === "boolean" ? String(value) : typeName(value)}`,
      };
}

function isFault(header: Value | Fault): header is Fault {
  return typeof header === "object" && header !== null && "fault" in header;
}
