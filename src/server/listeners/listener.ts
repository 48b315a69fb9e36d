import { PolicyError } from "../../engine/index.ts";
import {
  isLocal,
  type ListenAddress,
  parseListenAddress,
} from "../listen-address.ts";

/** What makes a listener safe to open. */
export type ListenOptions = {
  /** `127.0.0.1:9191`, `[::1]:9191`, `unix:/run/portcullis.sock`. */
  readonly listen: string;
  readonly tls?: TlsFiles | undefined;
  /** Written down by whoever wants plaintext beyond loopback. */
  readonly allowPlaintext?: boolean | undefined;
};

/** PEM contents, not paths; a client CA makes client certificates mandatory. */
type TlsFiles = {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa?: Buffer | undefined;
};

/** A listener of one protocol. */
export type Listener = {
  /** Opens it and returns the address, with the port that was really taken. */
  start(): Promise<string>;
  /** Takes no further work, finishes what is under way, at most for `graceMs`. */
  close(graceMs: number): Promise<void>;
};

/** An address that is switched on. */
export type OpenAddress = Exclude<ListenAddress, { readonly kind: "off" }>;

/**
 * The address to open. O6: plaintext beyond loopback, where anyone on the
 * network could ask for decisions and read requests, is refused.
 */
export function toOpenAddress(options: ListenOptions): OpenAddress {
  const { listen, tls, allowPlaintext } = options;
  const address = parseListenAddress(listen);
  if (address.kind === "off") {
    throw new PolicyError("server_config_error", "the listener is off");
  }
  if (!isLocal(address) && tls === undefined && !allowPlaintext) {
    throw new PolicyError(
      "server_config_error",
      `plaintext on \`${listen}\` is open to the network; configure \`tls\` or write \`allowPlaintext: true\``,
    );
  }
  return address;
}

/** The text of a TCP address; an IPv6 host stands in brackets. */
export function formatTcpAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
