import type {
  Struct,
  Value,
} from "../../src/server/ext-authz/check-request.ts";
import type { CheckResponse } from "../../src/server/ext-authz/check-response.ts";
import { messageTypes } from "../../src/server/gen/message-types.ts";

const statuses = messageTypes.nested.envoy.nested.type.nested.v3.nested
  .StatusCode.values as Readonly<Record<string, number>>;

/** A CheckResponse as protobuf-JSON text: what is empty is left out. */
export function toProtoJson(response: CheckResponse): string {
  const { status, okResponse, deniedResponse, dynamicMetadata } = response;
  return JSON.stringify({
    status: filled({ code: status.code, message: status.message }),
    okResponse: okResponse
      ? {
          ...lists(okResponse),
          responseHeadersToAdd: list(okResponse.responseHeadersToAdd),
          headersToRemove: list(okResponse.headersToRemove),
          queryParametersToSet: list(okResponse.queryParametersToSet),
          queryParametersToRemove: list(okResponse.queryParametersToRemove),
        }
      : undefined,
    deniedResponse: deniedResponse
      ? {
          ...lists(deniedResponse),
          status: { code: statusName(deniedResponse.status.code) },
          body: deniedResponse.body || undefined,
        }
      : undefined,
    dynamicMetadata: dynamicMetadata ? structJson(dynamicMetadata) : undefined,
  });
}

function lists({ headers }: { readonly headers: readonly object[] }) {
  return { headers: list(headers) };
}

function list<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items?.length ? items : undefined;
}

function filled(members: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(members).filter(([, member]) => member),
  );
}

function statusName(code: number): string | undefined {
  return Object.entries(statuses).find(([, value]) => value === code)?.[0];
}

function structJson({ fields = {} }: Struct): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, valueJson(value)]),
  );
}

function valueJson(value: Value): unknown {
  if (value.structValue) {
    return structJson(value.structValue);
  }
  if (value.listValue) {
    return (value.listValue.values ?? []).map(valueJson);
  }
  const name = (["stringValue", "numberValue", "boolValue"] as const).find(
    (one) => Object.hasOwn(value, one),
  );
  return name === undefined ? null : value[name];
}
