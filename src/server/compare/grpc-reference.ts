import { readFileSync } from "node:fs";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { decodeCheckResponse, encodeCheckRequest } from "../ext-authz/codec.ts";
import { authorizationService } from "../listeners/grpc.ts";
import type { CompareSettings } from "./compare-settings.ts";
import { type FaultKind, type Reference, ReferenceFault } from "./reference.ts";

/** Any ext_authz server: opa-envoy-plugin, another Portcullis. */
export function createGrpcReference({
  reference: { address, ca, tls },
  timeoutMs,
}: Pick<CompareSettings, "reference" | "timeoutMs">): Reference {
  const channel = tls
    ? credentials.createSsl(ca === undefined ? null : readFileSync(ca))
    : credentials.createInsecure();
  const client = new Client(address, channel);
  const { path } = authorizationService.Check;
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          (bytes: Buffer) => bytes,
          (bytes) => bytes,
          encodeCheckRequest(request),
          { deadline: Date.now() + timeoutMs },
          (error, bytes) => {
            if (error) {
              reject(new ReferenceFault(kindOf(error), error.message, error));
              return;
            }
            try {
              resolve(readResponse(bytes));
            } catch (cause) {
              reject(new ReferenceFault("garbage", "no CheckResponse", cause));
            }
          },
        );
      }),
    close: () => client.close(),
  };
}

function kindOf({ code }: ServiceError): FaultKind {
  switch (code) {
    case status.DEADLINE_EXCEEDED:
      return "timeout";
    case status.UNAVAILABLE:
      return "unreachable";
    default:
      return "failed";
  }
}

/** An answer without a status and without a response says nothing, least of all that all is well. */
function readResponse(bytes: Buffer | undefined): CheckResponse {
  const response = decodeCheckResponse(bytes ?? Buffer.alloc(0));
  const { deniedResponse, errorResponse, okResponse, status: said } = response;
  if (!(said || okResponse || deniedResponse || errorResponse)) {
    throw new Error("the answer is empty");
  }
  return response;
}
