import { PolicyError } from "../../engine/index.ts";

/** Where a listener listens: a TCP address or a Unix domain socket. */
export type ListenAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** What makes a listener safe to open. */
export type ListenOptions = {
  /** `127.0.0.1:9191`, `[::1]:9191`, `unix:/run/portcullis.sock`. */
  readonly listen: string;
  readonly tls?: TlsFiles | undefined;
  /** Written down by whoever wants plaintext beyond loopback. */
  readonly allowPlaintext?: boolean | undefined;
};

/** PEM contents, not paths; a client CA makes client certificates mandatory. */
export type TlsFiles = {
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

const tcpAddress = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]]+)):([0-9]{1,5})$/;

/** Parses the text of `listen`; throws PolicyError for anything else. */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path !== "") {
      return { kind: "unix", path };
    }
  }
  const match = tcpAddress.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new PolicyError(
      "server_config_error",
      `\`${text}\` is not an address to listen on: host:port or unix:path`,
    );
  }
  return { kind: "tcp", host: match[1] ?? match[2] ?? "", port };
}

/** The text of an address, as `parseListenAddress` reads it. */
export function formatTcpAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const loopback = /^(?:localhost|::1|127(?:\.[0-9]{1,3}){3})$/i;

/**
 * O6: refuses plaintext beyond loopback, where anyone on the network could ask
 * for decisions and read requests.
 */
export function checkPlaintext(options: ListenOptions): ListenAddress {
  const address = parseListenAddress(options.listen);
  const isExposed = address.kind === "tcp" && !loopback.test(address.host);
  if (isExposed && options.tls === undefined && !options.allowPlaintext) {
    throw new PolicyError(
      "server_config_error",
      `plaintext on \`${options.listen}\` is open to the network; configure \`tls\` or write \`allowPlaintext: true\``,
    );
  }
  return address;
}
