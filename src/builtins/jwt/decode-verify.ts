import {
  type BuiltinContext,
  BuiltinError,
  compareValues,
  fromJs,
  type HostBuiltin,
  isArray,
  isNumber,
  numberText,
  OperandError,
  RegoObject,
  textOperand,
  type Value,
} from "../../engine/builtins/index.ts";
import { decodeBase64Url } from "../go/base64.ts";
import { algorithms, verifies } from "./algorithm.ts";
import type { Key } from "./key.ts";
import {
  decodeHeader,
  decodePayload,
  type HeaderParameters,
  parseObject,
  readHeader,
  signedPart,
  splitToken,
  type Token,
} from "./token.ts";
import { someKeyVerifies, verificationKeys } from "./verification-keys.ts";

/** `io.jwt.decode_verify(token, constraints)`: `[valid, header, payload]`. */
export const decodeVerify: HostBuiltin = {
  name: "io.jwt.decode_verify",
  takesAny: true,
  run: ([text, object = null], context) => {
    if (!(object instanceof RegoObject)) {
      throw OperandError.ofType(2, object, "object");
    }
    const constraints = readConstraints(object, context);
    const opened = open(textOperand(text, 1), constraints);
    return opened !== undefined && accepts(constraints, opened.payload)
      ? [true, opened.header, opened.payload]
      : [false, RegoObject.of([]), RegoObject.of([])];
  },
};

/** What a token must meet; empty texts ask for nothing. */
type Constraints = {
  keys: readonly Key[] | undefined;
  secret: string;
  alg: string;
  iss: string;
  aud: string;
  /** Nanoseconds. */
  time: number;
};

function readConstraints(
  object: RegoObject,
  context: BuiltinContext,
): Constraints {
  const constraints: Constraints = {
    keys: undefined,
    secret: "",
    alg: "",
    iss: "",
    aud: "",
    time: Number(context.now),
  };
  for (const [name, value] of object.entries) {
    switch (name) {
      case "cert":
        constraints.keys = verificationKeys(readText(name, value), context);
        break;
      case "secret":
      case "alg":
      case "iss":
      case "aud":
        constraints[name] = readText(name, value);
        break;
      case "time":
        constraints.time = readTime(value);
        break;
      default:
        throw new BuiltinError(`unknown token validation constraint: ${name}`);
    }
  }
  if (constraints.keys !== undefined && constraints.secret !== "") {
    throw new BuiltinError("duplicate key constraints");
  }
  if (constraints.keys === undefined && constraints.secret === "") {
    throw new BuiltinError("no key constraint");
  }
  return constraints;
}

function readText(name: string, value: Value): string {
  if (typeof value !== "string") {
    throw new BuiltinError(`${name} constraint: must be a string`);
  }
  return value;
}

function readTime(value: Value): number {
  if (!isNumber(value)) {
    throw new BuiltinError("token time constraint: must be a number");
  }
  const time = Number(numberText(value));
  if (!Number.isFinite(time)) {
    throw new BuiltinError("token time constraint: unvalid float64");
  }
  if (time < 0) {
    throw new BuiltinError("token time constraint: must not be negative");
  }
  return time;
}

type Opened = { readonly header: RegoObject; readonly payload: RegoObject };

/** Verifies the token and those nested in it; undefined where one does not verify. */
function open(text: string, constraints: Constraints): Opened | undefined {
  let current = text;
  for (;;) {
    const token = splitToken(current);
    const header = decodeHeader(token);
    const parameters = readHeader(header);
    if (!isTrusted(token, parameters, constraints)) {
      return undefined;
    }
    const payload = decodePayload(token);
    if (parameters.cty.toUpperCase() !== "JWT") {
      return { header, payload: parseObject(payload) };
    }
    current = payload;
  }
}

function isTrusted(
  token: Token,
  header: HeaderParameters,
  { alg, keys, secret }: Constraints,
): boolean {
  if (!header.valid || (alg !== "" && alg !== header.alg)) {
    return false;
  }
  const signature = decodeBase64Url(token.signature);
  const algorithm = algorithms.get(header.alg);
  if (algorithm === undefined) {
    return false;
  }
  const signed = { data: signedPart(token), signature };
  return keys === undefined
    ? verifies(
        algorithm,
        { kind: "secret", bytes: Buffer.from(secret, "utf8") },
        signed,
      )
    : someKeyVerifies(keys, header, (material) =>
        verifies(algorithm, material, signed),
      );
}

/** Whether the claims meet the constraints and the time. */
function accepts(constraints: Constraints, payload: RegoObject): boolean {
  const { iss, aud, time } = constraints;
  if (iss !== "" && payload.get("iss") !== iss) {
    return false;
  }
  const audience = payload.get("aud");
  if (audience === undefined ? aud !== "" : !isFor(audience, aud)) {
    return false;
  }
  const seconds = fromJs(time / 1e9);
  const expires = readClaim(payload, "exp");
  if (expires !== undefined && compareValues(seconds, expires) >= 0) {
    return false;
  }
  const begins = readClaim(payload, "nbf");
  return begins === undefined || compareValues(seconds, begins) >= 0;
}

function isFor(audience: Value, aud: string): boolean {
  return isArray(audience) ? audience.includes(aud) : audience === aud;
}

function readClaim(payload: RegoObject, name: string): Value | undefined {
  const value = payload.get(name);
  if (value !== undefined && !isNumber(value)) {
    throw new BuiltinError(`${name} value must be a number`);
  }
  return value;
}
