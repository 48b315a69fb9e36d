import type { Target } from "./target.ts";

const connectFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ETIMEDOUT: "connection timed out",
};

const unknownAuthority = "x509: certificate signed by unknown authority";

const certificateFaults: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  CERT_HAS_EXPIRED: "x509: certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID: "x509: certificate has expired or is not yet valid",
};

/** Why a connection failed, in Go's words where it has some. */
export function faultText(error: unknown, target: Target): string {
  // Of several addresses tried, the first tells.
  const fault = (
    error instanceof AggregateError ? error.errors[0] : error
  ) as NodeJS.ErrnoException & { readonly address?: string; port?: number };
  const code = fault.code ?? "";
  const connect = connectFaults[code];
  const certificate = certificateFaults[code];
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `dial tcp: lookup ${target.hostname}: no such host`;
  }
  if (connect !== undefined) {
    return target.socket === undefined
      ? `dial tcp ${address(fault.address ?? target.hostname)}:${fault.port ?? target.port}: connect: ${connect}`
      : `dial unix ${target.socket}: connect: ${connect}`;
  }
  if (certificate !== undefined || code.startsWith("ERR_TLS_CERT")) {
    return `tls: failed to verify certificate: ${certificate ?? `x509: ${fault.message}`}`;
  }
  return code === "ECONNRESET" ? "EOF" : fault.message;
}

function address(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
