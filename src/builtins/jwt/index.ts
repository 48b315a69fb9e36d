import type { HostBuiltin } from "../../engine/builtins/index.ts";
import { decodeVerify } from "./decode-verify.ts";
import { encodeBuiltins } from "./encode-sign.ts";
import { verifyBuiltins } from "./verify.ts";

/** `io.jwt.*`, but for `io.jwt.decode`, which runs inside the module. */
export const jwtBuiltins: readonly HostBuiltin[] = [
  decodeVerify,
  ...encodeBuiltins,
  ...verifyBuiltins,
];
