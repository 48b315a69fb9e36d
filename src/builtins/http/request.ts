import {
  type BuiltinContext,
  BuiltinError,
  isNumber,
  numberText,
  OperandError,
  RegoObject,
  toGoJson,
  toInteger,
  toRego,
  typeName,
  type Value,
} from "../../engine/builtins/index.ts";
import { goQuote } from "../go/quote.ts";
import { parseGoDuration } from "../time/duration.ts";
import { requestHeaders } from "./headers.ts";
import { readTarget, type Target } from "./target.ts";
import { readTls, type Tls } from "./tls.ts";

/** A request that `http.send` is asked for, checked. */
export type Request = {
  readonly method: string;
  readonly target: Target;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  readonly followsRedirects: boolean;
  /** Zero for none. */
  readonly timeoutMs: number;
  readonly tls: Tls | undefined;
};

/** The parameters as they are given, read in their order. */
type Draft = {
  readonly texts: Map<string, string>;
  readonly flags: Map<string, boolean>;
  headers: RegoObject;
  body: string;
  timeout: bigint;
  target: Target | undefined;
};

const defaultTimeout = 5_000_000_000n;

/** Throws OPA's error for the first parameter that does not fit. */
export function readRequest(
  given: RegoObject,
  network: BuiltinContext["network"],
): Request {
  const draft: Draft = {
    texts: new Map(),
    flags: new Map(),
    headers: RegoObject.of([]),
    body: "",
    timeout: defaultTimeout,
    target: undefined,
  };
  for (const [key, value] of given.entries) {
    readParameter(draft, { key: key as string, value, network });
  }
  const host = draft.headers.get("Host") ?? draft.headers.get("host");
  const tls = readTls(draft, typeof host === "string" ? host : undefined);
  const method = draft.texts.get("method")?.toUpperCase() || "GET";
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Z]+$/.test(method)) {
    throw new BuiltinError(`net/http: invalid method ${goQuote(method)}`);
  }
  return {
    method,
    target: draft.target as Target,
    headers: requestHeaders(draft.headers),
    body: Buffer.from(draft.texts.get("raw_body") ?? draft.body),
    followsRedirects: draft.flags.get("enable_redirect") ?? false,
    timeoutMs: Math.max(0, Math.ceil(Number(draft.timeout) / 1e6)),
    tls,
  };
}

const textKeys =
  /^(?:method|url|raw_body|tls_server_name|tls_ca_cert|tls_(?:ca_cert|client_cert|client_key)(?:_file|_env_variable)?|tls_client_(?:cert|key))$/;
const flagKeys =
  /^(?:enable_redirect|tls_use_system_certs|tls_insecure_skip_verify)$/;

function readParameter(
  draft: Draft,
  {
    key,
    value,
    network,
  }: {
    readonly key: string;
    readonly value: Value;
    readonly network: BuiltinContext["network"];
  },
): void {
  if (textKeys.test(key)) {
    if (typeof value !== "string") {
      throw new BuiltinError(`${goQuote(key)} must be a string`);
    }
    const text = value.replace(/^"+|"+$/g, "");
    draft.texts.set(key, text);
    if (key === "url") {
      draft.target = readTarget(text, network);
    }
  } else if (flagKeys.test(key)) {
    draft.flags.set(key, readFlag(value));
  } else if (key === "body") {
    draft.body = toGoJson(value);
  } else if (key === "headers") {
    draft.headers = readHeaders(value);
  } else if (key === "timeout") {
    draft.timeout = readTimeout(value);
  }
}

/** As Go's `ParseBool` reads the value's text. */
function readFlag(value: Value): boolean {
  const text = toRego(value);
  if (text === "true" || text === "1") {
    return true;
  }
  if (text === "false" || text === "0") {
    return false;
  }
  throw new BuiltinError(
    `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`,
  );
}

function readHeaders(value: Value): RegoObject {
  if (!(value instanceof RegoObject)) {
    throw new BuiltinError("invalid type for headers key");
  }
  return value;
}

const int64 = 1n << 63n;

function readTimeout(value: Value): bigint {
  if (isNumber(value)) {
    const whole = toInteger(value);
    if (whole === undefined || whole >= int64 || whole < -int64) {
      throw new BuiltinError(
        `invalid timeout number value ${numberText(value)}, must be int64`,
      );
    }
    return whole;
  }
  if (typeof value !== "string") {
    throw new OperandError(
      1,
      `'timeout' must be one of {string, number} but got ${typeName(value)}`,
    );
  }
  if (/^[-+]?\d{1,18}$/.test(value)) {
    return BigInt(value.replace("+", ""));
  }
  try {
    return parseGoDuration(value);
  } catch (error) {
    throw error instanceof BuiltinError
      ? new BuiltinError(
          `invalid timeout value ${toRego(value)}: ${error.message}`,
        )
      : error;
  }
}
