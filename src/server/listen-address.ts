import { isIP } from "node:net";
import { PolicyError } from "../engine/index.ts";

/** Where a listener listens. */
export type ListenAddress =
  | { readonly kind: "off" }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** Parses `host:port`, `[v6]:port`, `unix:PATH` or `off`. */
export function parseListenAddress(text: string): ListenAddress {
  if (text === "off") {
    return { kind: "off" };
  }
  if (text.startsWith("unix:")) {
    return { kind: "unix", path: text.slice("unix:".length) };
  }
  const [, host = "", digits = ""] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) {
    throw new PolicyError(
      "server_config_error",
      `\`${text}\` is no address: expected \`host:port\`, \`unix:PATH\` or \`off\``,
    );
  }
  return { kind: "tcp", host: host.replace(/^\[(.*)\]$/, "$1"), port };
}

/** Whether only this machine can reach the address. */
export function isLocal(address: ListenAddress): boolean {
  if (address.kind !== "tcp") {
    return true;
  }
  const { host } = address;
  return (
    host === "localhost" ||
    host === "::1" ||
    (isIP(host) === 4 && host.startsWith("127."))
  );
}
