import { join } from "node:path";
import protobuf from "protobufjs";

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join("proto", target);
root.loadSync("envoy/service/auth/v3/external_auth.proto");

/** Envoy's messages as the server decodes them. */
export const checkRequestType = root.lookupType(
  "envoy.service.auth.v3.CheckRequest",
);
export const checkResponseType = root.lookupType(
  "envoy.service.auth.v3.CheckResponse",
);

/** The method's path on the wire. */
export const checkPath = "/envoy.service.auth.v3.Authorization/Check";
