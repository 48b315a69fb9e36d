import {
  isNumber,
  jsonMembers,
  numberText,
  parseJson,
  RegoObject,
  type Value,
} from "../../../engine/index.ts";
import type { Value as ProtoValue, Struct } from "../check-request.ts";
import type { CheckResponse, HeaderValueOption } from "../check-response.ts";
import { integerFault } from "../go-text.ts";
import { httpStatuses } from "./http-statuses.ts";

/** A decision that opa-envoy-plugin answers with an error, in its words. */
export class DecisionFault extends Error {}

type Members = ReadonlyMap<string, Value>;

// google.rpc.Code.
const allowedCode = 0;
const deniedCode = 7;

/**
 * The answer that opa-envoy-plugin gives for a decision, which is JSON text:
 * its checks in its order. Throws DecisionFault for one that it refuses.
 */
export function toStrictResponse(
  decision: string,
  { decisionId, dryRun }: { decisionId: string; dryRun: boolean },
): CheckResponse {
  const { isAllowed, response } = readDecision(parseJson(decision));
  const metadata = response.dynamicMetadata?.fields ?? {};
  return {
    ...response,
    ...(dryRun &&
      !isAllowed && {
        status: { code: allowedCode },
        okResponse: nothingToDo,
        deniedResponse: undefined,
      }),
    dynamicMetadata: {
      fields: { ...metadata, decision_id: { stringValue: decisionId } },
    },
  };
}

const nothingToDo = {
  headers: [],
  headersToRemove: [],
  responseHeadersToAdd: [],
  queryParametersToSet: [],
  queryParametersToRemove: [],
};

function readDecision(value: Value): {
  readonly isAllowed: boolean;
  readonly response: CheckResponse;
} {
  if (typeof value === "boolean") {
    const code = value ? allowedCode : deniedCode;
    return { isAllowed: value, response: { status: { code } } };
  }
  if (!(value instanceof RegoObject)) {
    throw new DecisionFault(
      `failed to get response status: illegal value for policy evaluation result: ${goType(value)}`,
    );
  }
  const members = new Map(jsonMembers(value));
  const isAllowed = within("response status", () => readAllowed(members));
  const headers = within("response headers", () =>
    readHeaders(members.get("headers")),
  );
  const dynamicMetadata = within("dynamic metadata", () =>
    readMetadata(members.get("dynamic_metadata")),
  );
  const rest = isAllowed ? allow(members, headers) : deny(members, headers);
  return { isAllowed, response: { ...rest, dynamicMetadata } };
}

/** Runs a step; its faults begin with what it was to get. */
function within<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecisionFault) {
      throw new DecisionFault(`failed to get ${what}: ${error.message}`);
    }
    throw error;
  }
}

function readAllowed(members: Members): boolean {
  const allowed = members.get("allowed");
  if (allowed === undefined) {
    throw new DecisionFault(
      'unable to determine evaluation result due to missing "allowed" key',
    );
  }
  if (typeof allowed !== "boolean") {
    throw mismatch("allowed to be of type 'boolean'", allowed);
  }
  return allowed;
}

function allow(
  members: Members,
  headers: readonly HeaderValueOption[],
): CheckResponse {
  const headersToRemove = within("request headers to remove", () =>
    readNames(members, "request_headers_to_remove"),
  );
  const responseHeadersToAdd = within(
    "response headers to send to client",
    () => readHeaders(members.get("response_headers_to_add")),
  );
  const queryParametersToRemove = within(
    "request query parameters to remove",
    () => readNames(members, "query_parameters_to_remove"),
  );
  const queryParametersToSet = within("request query parameters to set", () =>
    readParameters(members.get("query_parameters_to_set")),
  );
  return {
    status: { code: allowedCode },
    okResponse: {
      headers,
      headersToRemove,
      responseHeadersToAdd,
      queryParametersToSet,
      queryParametersToRemove,
    },
  };
}

function deny(
  members: Members,
  headers: readonly HeaderValueOption[],
): CheckResponse {
  const body = within("response body", () => readBody(members.get("body")));
  const code = within("response http status", () =>
    readStatus(members.get("http_status")),
  );
  return {
    status: { code: deniedCode },
    deniedResponse: { status: { code }, headers, body },
  };
}

function readHeaders(value: Value | undefined): readonly HeaderValueOption[] {
  if (value === undefined) {
    return [];
  }
  const objects = Array.isArray(value) ? (value as readonly Value[]) : [value];
  return objects.flatMap((object) => {
    if (!(object instanceof RegoObject)) {
      throw mismatch("headers to be of type 'object'", object);
    }
    return jsonMembers(object).flatMap(([key, member]) =>
      readHeaderValues(key, member).map((text) => ({
        header: { key, value: text },
      })),
    );
  });
}

function readHeaderValues(key: string, value: Value): readonly string[] {
  if (typeof value === "string") {
    return [value];
  }
  if (!Array.isArray(value)) {
    throw new DecisionFault(`type assertion error for header '${key}'`);
  }
  const wrong = value.find((one) => typeof one !== "string");
  if (wrong !== undefined) {
    throw new DecisionFault(
      `invalid value type ${goType(wrong)} for header '${key}'`,
    );
  }
  return value;
}

function readNames(members: Members, name: string): readonly string[] {
  const value = members.get(name);
  if (value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw mismatch(`${name} to be of type '[]string'`, value);
  }
  const wrong = value.find((one) => typeof one !== "string");
  if (wrong !== undefined) {
    throw mismatch(`${name} value to be of type 'string'`, wrong);
  }
  return value;
}

function readParameters(
  value: Value | undefined,
): readonly { readonly key: string; readonly value: string }[] {
  if (value === undefined) {
    return [];
  }
  if (!(value instanceof RegoObject)) {
    throw mismatch("query_parameters_to_set to be a map", value);
  }
  return jsonMembers(value).flatMap(([key, member]) => {
    if (typeof member === "string") {
      return [{ key, value: member }];
    }
    if (!Array.isArray(member)) {
      throw mismatch("value to be string or array", member);
    }
    return (member as readonly Value[]).map((item) => {
      if (typeof item !== "string") {
        throw new DecisionFault(
          `type assertion error: expected array element to be string but got '${goType(item)}'`,
        );
      }
      return { key, value: item };
    });
  });
}

function readBody(value: Value | undefined): string {
  if (value !== undefined && typeof value !== "string") {
    throw mismatch("body to be of type 'string'", value);
  }
  return value ?? "";
}

function readStatus(value: Value | undefined): number {
  if (value === undefined) {
    return 403;
  }
  if (!isNumber(value)) {
    throw mismatch("http_status to be of type 'number'", value);
  }
  const text = numberText(value);
  const reason = integerFault(text);
  if (reason !== undefined) {
    throw new DecisionFault(`error converting JSON number to int: ${reason}`);
  }
  const status = Number(text);
  if (!httpStatuses.has(status)) {
    throw new DecisionFault(`invalid HTTP status code ${BigInt(text)}`);
  }
  return status;
}

function readMetadata(value: Value | undefined): Struct | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!(value instanceof RegoObject)) {
    throw mismatch("dynamic_metadata to be of type 'object'", value);
  }
  return toStruct(value);
}

function toStruct(object: RegoObject): Struct {
  return {
    fields: Object.fromEntries(
      jsonMembers(object).map(([key, member]) => [key, toProtoValue(member)]),
    ),
  };
}

function toProtoValue(value: Value): ProtoValue {
  if (value === null) {
    return { nullValue: 0 };
  }
  if (typeof value === "string") {
    return { stringValue: value };
  }
  if (typeof value === "boolean") {
    return { boolValue: value };
  }
  if (isNumber(value)) {
    return { numberValue: toDouble(numberText(value)) };
  }
  return value instanceof RegoObject
    ? { structValue: toStruct(value) }
    : { listValue: { values: (value as readonly Value[]).map(toProtoValue) } };
}

function toDouble(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number)) {
    throw new DecisionFault(
      `proto: invalid number format "${text}", expected a float64: strconv.ParseFloat: parsing "${text}": value out of range`,
    );
  }
  return number;
}

function mismatch(expected: string, value: Value): DecisionFault {
  return new DecisionFault(
    `type assertion error, expected ${expected} but got '${goType(value)}'`,
  );
}

/** The type that Go gives a value of JSON. */
function goType(value: Value): string {
  if (value === null) {
    return "<nil>";
  }
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "string";
    default:
  }
  if (isNumber(value)) {
    return "json.Number";
  }
  return value instanceof RegoObject
    ? "map[string]interface {}"
    : "[]interface {}";
}
