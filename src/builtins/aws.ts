import { createHash, createHmac } from "node:crypto";
import {
  BigDecimal,
  type Entry,
  type HostBuiltin,
  isNumber,
  OperandError,
  RegoObject,
  RegoSet,
  toGoJson,
  toInteger,
  toRego,
  type Value,
} from "../engine/builtins/index.ts";
import { parseGoUrl } from "./go-url.ts";
import { checkRequestKeys } from "./http-request.ts";
import { formatInstant } from "./time/format.ts";
import { fromNanoseconds } from "./time/instant.ts";
import { utc } from "./time/zone.ts";

/** `providers.aws.sign_req(request, config, time)`: the request with headers signed as AWS wants (SigV4). */
const signRequest: HostBuiltin = {
  name: "providers.aws.sign_req",
  // OPA names other positions than a check by declaration would.
  takesAny: true,
  run: ([request = null, config = null, time = null]) => {
    const wanted = wantObject(request);
    const settings = wantObject(config);
    checkSettings(settings);
    const at = wantTime(time);
    checkRequestKeys(wanted);
    const headers = wantHeaders(wanted.get("headers"));
    checkTexts(wanted);
    const signed = sign({ request: wanted, headers, settings, at });
    return RegoObject.of([...wanted.entries, ["headers", signed]]);
  },
};

export const awsBuiltins: readonly HostBuiltin[] = [signRequest];

function wantObject(operand: Value): RegoObject {
  if (!(operand instanceof RegoObject)) {
    throw OperandError.ofType(1, operand, "object");
  }
  return operand;
}

const required = [
  "aws_service",
  "aws_access_key",
  "aws_secret_access_key",
  "aws_region",
];

function checkSettings(settings: RegoObject): void {
  const missing = required.filter((key) => settings.get(key) === undefined);
  if (missing.length > 0) {
    throw new OperandError(
      2,
      `missing required AWS config parameters(s): ${toRego(RegoSet.of(missing))}`,
    );
  }
  const invalid = required.filter(
    (key) => typeof settings.get(key) !== "string",
  );
  if (invalid.length > 0) {
    throw new OperandError(
      2,
      `invalid values for required AWS config parameters(s): ${toRego(RegoSet.of(invalid))}`,
    );
  }
}

function wantTime(time: Value): bigint {
  if (!isNumber(time)) {
    throw OperandError.ofType(1, time, "number");
  }
  const at = time instanceof BigDecimal ? undefined : toInteger(time);
  if (at === undefined || at !== BigInt.asIntN(64, at)) {
    throw new OperandError(
      3,
      "could not convert time_ns value into a unix timestamp",
    );
  }
  return at;
}

/** The headers as texts; what is no text counts as the empty one. */
function wantHeaders(headers: Value = RegoObject.of([])) {
  if (!(headers instanceof RegoObject)) {
    throw OperandError.ofType(0, headers, "object");
  }
  return headers.entries.map(
    ([key, value]) => [textOf(key), textOf(value)] as const,
  );
}

function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

function checkTexts(request: RegoObject): void {
  const invalid = ["url", "method"].filter(
    (key) => typeof request.get(key) !== "string",
  );
  if (invalid.length > 0) {
    throw new OperandError(
      1,
      `invalid values for required request parameters(s): ${toRego(RegoSet.of(invalid))}`,
    );
  }
}

type Signing = {
  readonly request: RegoObject;
  readonly headers: readonly (readonly [string, string])[];
  readonly settings: RegoObject;
  /** Nanoseconds since 1970. */
  readonly at: bigint;
};

// Proxies may change those on the way.
const unsigned: ReadonlySet<string> = new Set([
  "authorization",
  "user-agent",
  "x-amzn-trace-id",
]);

/** The request's headers with AWS's own and the signature. */
function sign({ request, headers, settings, at }: Signing): RegoObject {
  const url = parseGoUrl(textOf(request.get("url")));
  const service = textOf(settings.get("aws_service"));
  const payload = payloadHash(request, settings);
  const time = formatInstant(fromNanoseconds(at, utc), "20060102T150405Z");
  const scope = [
    time.slice(0, 8),
    textOf(settings.get("aws_region")),
    service,
    "aws4_request",
  ];
  const own = new Map([
    ["host", url.host],
    ["x-amz-date", time],
  ]);
  if (service === "s3" || service === "glacier") {
    own.set("x-amz-content-sha256", payload);
  }
  const token = textOf(settings.get("aws_session_token"));
  if (token !== "") {
    own.set("x-amz-security-token", token);
  }
  const covered = coveredHeaders(own, headers);
  const names = covered.map(([name]) => name).join(";");
  const canonical = [
    textOf(request.get("method")),
    url.escapedPath,
    url.rawQuery,
    ...covered.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    payload,
  ].join("\n");
  const secret = textOf(settings.get("aws_secret_access_key"));
  const signature = signText(
    `AWS4-HMAC-SHA256\n${time}\n${scope.join("/")}\n${sha256(canonical)}`,
    { secret, scope },
  );
  const credential = [textOf(settings.get("aws_access_key")), ...scope];
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential.join("/")},SignedHeaders=${names},Signature=${signature}`;
  return RegoObject.of([
    ...headers,
    ["Authorization", authorization],
    ...own,
  ] as Entry[]);
}

/** Sorted by name; a header of the request stands for AWS's own of that name. */
function coveredHeaders(
  own: ReadonlyMap<string, string>,
  headers: Signing["headers"],
): (readonly [string, string])[] {
  const given = headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !unsigned.has(name));
  return [...new Map([...own, ...given])].sort(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
}

function payloadHash(request: RegoObject, settings: RegoObject): string {
  const disabled = settings.get("disable_payload_signing") ?? false;
  if (typeof disabled !== "boolean") {
    throw new OperandError(
      2,
      "invalid value for 'disable_payload_signing' in AWS config",
    );
  }
  return disabled ? "UNSIGNED-PAYLOAD" : sha256(bodyText(request));
}

function bodyText(request: RegoObject): string {
  const raw = request.get("raw_body");
  if (raw !== undefined) {
    return textOf(raw);
  }
  const body = request.get("body");
  return body === undefined ? "" : toGoJson(body);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The key is derived from the secret by every part of the scope in turn. */
function signText(
  text: string,
  {
    secret,
    scope,
  }: { readonly secret: string; readonly scope: readonly string[] },
): string {
  let key = Buffer.from(`AWS4${secret}`);
  for (const part of scope) {
    key = createHmac("sha256", key).update(part).digest();
  }
  return createHmac("sha256", key).update(text).digest("hex");
}
