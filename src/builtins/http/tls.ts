import { readFileSync } from "node:fs";
import { BuiltinError } from "../../engine/builtins/index.ts";
import { decodePem } from "../go/pem.ts";
import { goQuote } from "../go/quote.ts";
import { parseKeyPair } from "../x509/key-pair.ts";

/** What a request says of TLS, in the options of `node:tls`. */
export type Tls = {
  readonly ca?: readonly string[];
  readonly cert?: readonly string[];
  readonly key?: readonly string[];
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
};

type Parameters = {
  readonly texts: ReadonlyMap<string, string>;
  readonly flags: ReadonlyMap<string, boolean>;
};

/** Undefined where a request says nothing; `host` is its `Host` header. */
export function readTls(
  parameters: Parameters,
  host: string | undefined,
): Tls | undefined {
  const pairs = clientPairs(parameters);
  const authorities = readAuthorities(parameters);
  const servername = parameters.texts.get("tls_server_name") || host;
  const insecure = parameters.flags.get("tls_insecure_skip_verify") ?? false;
  if (!(insecure || servername || authorities || pairs.length > 0)) {
    return undefined;
  }
  return {
    rejectUnauthorized: !insecure,
    ...(authorities && { ca: authorities }),
    ...(servername && { servername }),
    ...(pairs.length > 0 && {
      cert: pairs.map(([certificate]) => certificate),
      key: pairs.map(([, key]) => key),
    }),
  };
}

type Pair = readonly [certificate: string, key: string];

function clientPairs({ texts }: Parameters): Pair[] {
  const pairs: Pair[] = [];
  for (const suffix of ["", "_file", "_env_variable"]) {
    const certificate = texts.get(`tls_client_cert${suffix}`) ?? "";
    const key = texts.get(`tls_client_key${suffix}`) ?? "";
    if (certificate !== "" && key !== "") {
      pairs.push(readPair(suffix, certificate, key));
    }
  }
  return pairs;
}

function readPair(suffix: string, certificate: string, key: string): Pair {
  if (suffix === "_file") {
    return checkPair(readText(certificate), readText(key));
  }
  if (suffix === "") {
    return checkPair(certificate, key);
  }
  try {
    return checkPair(environment(certificate), environment(key));
  } catch (error) {
    throw new BuiltinError(
      `cannot extract public/private key pair from envvars ${goQuote(certificate)}, ${goQuote(key)}: ${(error as Error).message}`,
    );
  }
}

/** Throws Go's error for texts that are no certificate with its key. */
function checkPair(certificate: string, key: string): Pair {
  for (const [kind, text] of [
    ["certificate", certificate],
    ["key", key],
  ] as const) {
    if (decodePem(text) === undefined) {
      throw new BuiltinError(
        `tls: failed to find any PEM data in ${kind} input`,
      );
    }
  }
  parseKeyPair(fromFirstBlock(certificate), fromFirstBlock(key));
  return [certificate, key];
}

function fromFirstBlock(pem: string): string {
  return pem.slice(pem.indexOf("-----BEGIN "));
}

/** The roots to trust; undefined for the ones trusted by default. */
function readAuthorities({
  texts,
  flags,
}: Parameters): readonly string[] | undefined {
  const found: string[] = [];
  const usesSystem = flags.get("tls_use_system_certs") ?? false;
  if (usesSystem) {
    found.push(...systemAuthorities());
  }
  const given = texts.get("tls_ca_cert") ?? "";
  if (given !== "") {
    const pem = given.replaceAll("\\n", "\n");
    found.push(checkAuthorities(pem, "could not append certificates"));
  }
  const file = texts.get("tls_ca_cert_file") ?? "";
  if (file !== "") {
    found.push(
      checkAuthorities(
        readText(file),
        `could not append CA certificates from ${goQuote(file)}`,
      ),
    );
  }
  const variable = texts.get("tls_ca_cert_env_variable") ?? "";
  if (variable !== "") {
    found.push(
      checkAuthorities(
        environment(variable),
        `could not add CA certificates from envvar ${goQuote(variable)}: could not append certificates`,
      ),
    );
  }
  return usesSystem || found.length > 0 ? found : undefined;
}

function checkAuthorities(pem: string, fault: string): string {
  if (decodePem(pem)?.type !== "CERTIFICATE") {
    throw new BuiltinError(fault);
  }
  return pem;
}

// Where systems keep their roots in one file.
const systemFiles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

function systemAuthorities(): string[] {
  const files = process.env["SSL_CERT_FILE"]
    ? [process.env["SSL_CERT_FILE"]]
    : systemFiles;
  for (const file of files) {
    try {
      return [readFileSync(file, "utf8")];
    } catch {
      // The next one, as Go does.
    }
  }
  return [];
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const cause = code === "ENOENT" ? "no such file or directory" : code;
    throw new BuiltinError(`open ${file}: ${cause}`);
  }
}

function environment(name: string): string {
  return process.env[name] ?? "";
}
