import protobuf from "protobufjs";
import { messageTypes } from "../../../src/server/index.ts";

const root = protobuf.Root.fromJSON(messageTypes as protobuf.INamespace);

/** Envoy's messages as the server decodes them. */
export const checkRequestType = root.lookupType(
  "envoy.service.auth.v3.CheckRequest",
);
export const checkResponseType = root.lookupType(
  "envoy.service.auth.v3.CheckResponse",
);

/** The method's path on the wire. */
export const checkPath = "/envoy.service.auth.v3.Authorization/Check";
