import type { CheckResponse } from "../check-response.ts";

/** What version 2 of the API has of an answer; it is the same on the wire. */
export function toResponseV2(response: CheckResponse): CheckResponse {
  const { deniedResponse, okResponse, status } = response;
  return {
    status,
    ...(okResponse && {
      okResponse: {
        headers: okResponse.headers,
        headersToRemove: [],
        responseHeadersToAdd: [],
        queryParametersToSet: [],
        queryParametersToRemove: [],
      },
    }),
    ...(deniedResponse && { deniedResponse }),
  };
}
