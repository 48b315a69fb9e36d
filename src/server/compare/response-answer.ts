import type { Answer } from "../ext-authz/answer.ts";
import { structJson } from "../ext-authz/attributes-json.ts";
import type {
  CheckResponse,
  HeaderValueOption,
} from "../ext-authz/check-response.ts";
import type { NamedValues } from "../pipeline/verdict.ts";
import { headerEntry, isAllowed } from "./answer-parts.ts";

/** A reference's response as an answer that our listeners can give. */
export function toReferenceAnswer(response: CheckResponse): Answer {
  const { dynamicMetadata, errorResponse, okResponse } = response;
  const denial = response.deniedResponse ?? errorResponse;
  const metadata = dynamicMetadata
    ? (JSON.parse(structJson(dynamicMetadata)) as Answer["metadata"])
    : {};
  const nothing = {
    requestHeadersToRemove: [],
    responseHeadersToAdd: [],
    queryParametersToSet: [],
    queryParametersToRemove: [],
    isMcp: false,
    metadata,
  };
  if (!isAllowed(response)) {
    return {
      ...nothing,
      kind: errorResponse ? "failure" : "deny",
      httpStatus: denial?.status?.code || 403,
      headers: toValues(denial?.headers),
      body: denial?.body ?? "",
    };
  }
  return {
    ...nothing,
    kind: "allow",
    httpStatus: 200,
    headers: toValues(okResponse?.headers),
    requestHeadersToRemove: okResponse?.headersToRemove ?? [],
    responseHeadersToAdd: toValues(okResponse?.responseHeadersToAdd),
    queryParametersToSet: (okResponse?.queryParametersToSet ?? []).map(
      ({ key, value }) => [key, value] as const,
    ),
    queryParametersToRemove: okResponse?.queryParametersToRemove ?? [],
    body: "",
  };
}

function toValues(headers: readonly HeaderValueOption[] = []): NamedValues {
  return headers.map(headerEntry);
}
