import type { NamedValues } from "../pipeline/verdict.ts";
import type { Answer } from "./answer.ts";
import type { Struct, Value } from "./check-request.ts";
import {
  appendAction,
  type CheckResponse,
  type HeaderValueOption,
} from "./check-response.ts";
import type { CheckOptions } from "./options.ts";

// google.rpc.Code.
const grpcStatus = { allow: 0, deny: 7, failure: 13 } as const;

/** Answer → CheckResponse. */
export function toCheckResponse(
  answer: Answer,
  { onFailure }: Pick<CheckOptions, "onFailure">,
): CheckResponse {
  const common = {
    status: { code: grpcStatus[answer.kind] },
    dynamicMetadata: toStruct(answer.metadata),
  };
  if (answer.kind === "allow") {
    return {
      ...common,
      okResponse: {
        headers: toOptions(answer.headers),
        headersToRemove: answer.requestHeadersToRemove,
        responseHeadersToAdd: toOptions(answer.responseHeadersToAdd),
        queryParametersToSet: answer.queryParametersToSet.map(
          ([key, value]) => ({ key, value }),
        ),
        queryParametersToRemove: answer.queryParametersToRemove,
      },
    };
  }
  const response = {
    status: { code: answer.isMcp ? 200 : answer.httpStatus },
    headers: toOptions(answer.headers),
    body: answer.body,
  };
  return answer.kind === "failure" && onFailure === "defer"
    ? { ...common, errorResponse: response }
    : { ...common, deniedResponse: response };
}

/**
 * The first value of a name replaces what a client may have sent, the others
 * are added to it: nothing is smuggled in and nothing is lost.
 */
function toOptions(values: NamedValues): HeaderValueOption[] {
  const seen = new Set<string>();
  return values.map(([key, value]) => {
    const action = seen.has(key) ? appendAction.append : appendAction.overwrite;
    seen.add(key);
    return { header: { key, value }, appendAction: action };
  });
}

/** A JSON-like object → google.protobuf.Struct; undefined members are left out. */
function toStruct(values: Readonly<Record<string, unknown>>): Struct {
  const fields: Record<string, Value> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) {
      fields[key] = toValue(value);
    }
  }
  return { fields };
}

function toValue(value: unknown): Value {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "number":
      return { numberValue: value };
    case "bigint":
      return { numberValue: Number(value) };
    case "boolean":
      return { boolValue: value };
    default:
  }
  if (value === null || typeof value !== "object") {
    return { nullValue: 0 };
  }
  return Array.isArray(value)
    ? { listValue: { values: value.map(toValue) } }
    : { structValue: toStruct(value as Record<string, unknown>) };
}
