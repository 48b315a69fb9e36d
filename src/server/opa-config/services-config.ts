import { join, resolve } from "node:path";
import { parseReference } from "../../bundle/index.ts";
import type { Section } from "./section.ts";

/** A server that bundles come from or logs go to. */
export type ServiceConfig = {
  /** It speaks the distribution API: resources are references. */
  readonly isRegistry: boolean;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  /** The word before the token. */
  readonly scheme: string;
  /** Files, PEM. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
};

export type KeyConfig = {
  readonly key: string;
  readonly algorithm: string;
  readonly scope: string | undefined;
};

export type BundleConfig = {
  /** Undefined for one that lies in a file. */
  readonly service: string | undefined;
  /** A path below the service's address, or a `file://` URL. */
  readonly resource: string;
  readonly signing: SigningConfig | undefined;
  /** Where its last archive is kept for a start without the service. */
  readonly keptFile: string | undefined;
  readonly polling: {
    readonly minMs: number;
    readonly maxMs: number;
    readonly longPollMs: number;
  };
};

type SigningConfig = {
  readonly keyId: string | undefined;
  readonly scope: string | undefined;
  readonly excludeFiles: readonly string[];
};

const credentials = {
  oauth2: "is not supported: give a bearer token by `token_path`",
  s3_signing: "is not supported",
  gcp_metadata: "is not supported",
  azure_managed_identity: "is not supported",
  plugin: "is not supported: there are no plugins of that kind",
};

export function readServices(
  root: Section,
): ReadonlyMap<string, ServiceConfig> {
  return new Map(
    root
      .table("services")
      .map(([name, section]) => [name, readService(section)] as const),
  );
}

function readService(section: Section): ServiceConfig {
  section
    .refuse({
      allow_insecure_tls:
        "is not supported: name the authority by `tls.ca_cert`",
    })
    .known(
      "name",
      "url",
      "headers",
      "allow_insecure_tls",
      "response_header_timeout_seconds",
      "tls",
      "credentials",
      "type",
    );
  const type = section.text("type") || undefined;
  if (type !== undefined && type !== "oci") {
    throw section.fault(
      ["type"],
      `cannot be \`${type}\`: it is \`oci\`, or left out`,
    );
  }
  const url = section.text("url");
  if (url === undefined || !/^https?:\/\//.test(url)) {
    throw section.fault(["url"], "must be an http:// or https:// address");
  }
  const secrets = section.section("credentials")?.refuse(credentials);
  const bearer = secrets?.section("bearer");
  const client = secrets?.section("client_tls");
  return {
    isRegistry: type === "oci",
    url: url.replace(/\/+$/, ""),
    headers: section.texts("headers"),
    timeoutMs:
      (section.number("response_header_timeout_seconds") ?? 10) * 1_000,
    token: bearer?.text("token"),
    tokenFile: bearer?.text("token_path"),
    scheme: bearer?.text("scheme") ?? "Bearer",
    ca: section.section("tls")?.text("ca_cert") ?? client?.text("ca_cert"),
    cert: client?.text("cert"),
    key: client?.text("private_key"),
  };
}

export function readKeys(root: Section): ReadonlyMap<string, KeyConfig> {
  return new Map(
    root.table("keys").map(([id, section]) => {
      const key = section.text("key");
      if (key === undefined) {
        throw section.fault(["key"], "is required");
      }
      const algorithm = section.text("algorithm") || "RS256";
      return [id, { key, algorithm, scope: section.text("scope") }] as const;
    }),
  );
}

export function readBundles(
  root: Section,
  services: ReadonlyMap<string, ServiceConfig>,
): ReadonlyMap<string, BundleConfig> {
  const kept = root.text("persistence_directory") ?? resolve(".opa");
  const folder = join(kept, "bundles");
  return new Map(
    root
      .table("bundles")
      .map(([name, section]) => [
        name,
        readBundle(name, section, { services, folder }),
      ]),
  );
}

/** What a registry is asked for must say what it means. */
function checkReference(section: Section, resource: string): void {
  try {
    parseReference(`oci://${resource}`);
  } catch {
    throw section.fault(
      ["resource"],
      "must be `REGISTRY/REPOSITORY:TAG` or `REGISTRY/REPOSITORY@sha256:DIGEST`: its service is of type `oci`",
    );
  }
}

type BundleSurroundings = {
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** Where bundles are kept, each in a folder of its name. */
  readonly folder: string;
};

function readBundle(
  name: string,
  section: Section,
  { folder, services }: BundleSurroundings,
): BundleConfig {
  section.known(
    "service",
    "resource",
    "signing",
    "persist",
    "size_limit_bytes",
    "trigger",
    "polling",
  );
  const resource = section.text("resource") ?? `bundles/${name}`;
  const isFile = resource.startsWith("file://");
  const service = isFile
    ? undefined
    : (section.text("service") ?? [...services.keys()][0]);
  if (!isFile && (service === undefined || !services.has(service))) {
    throw section.fault(
      ["service"],
      service === undefined
        ? "is required"
        : `names no service: \`${service}\``,
    );
  }
  if (services.get(service ?? "")?.isRegistry) {
    checkReference(section, resource);
  }
  const signing = section.section("signing");
  return {
    service,
    resource,
    signing: signing && {
      keyId: signing.text("keyid"),
      scope: signing.text("scope"),
      excludeFiles: (signing.list("exclude_files") ?? []).map(String),
    },
    keptFile:
      section.flag("persist") && !isFile
        ? join(folder, name, "bundle.tar.gz")
        : undefined,
    polling: readPolling(section),
  };
}

function readPolling(section: Section): BundleConfig["polling"] {
  const polling = section.section("polling");
  const milliseconds = (key: string, fallback: number) =>
    (polling?.number(key) ?? fallback) * 1_000;
  return {
    minMs: milliseconds("min_delay_seconds", 60),
    maxMs: milliseconds("max_delay_seconds", 120),
    longPollMs: milliseconds("long_polling_timeout_seconds", 0),
  };
}
