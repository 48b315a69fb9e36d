import { readFileSync } from "node:fs";
import {
  type BundleSettings,
  bundleShape,
  choice,
  flag,
  type Group,
  type GuardMode,
  group,
  guardModes,
  list,
  optional,
  readSettings,
  table,
  text,
  whole,
} from "../bundle/index.ts";
import { PolicyError } from "../engine/index.ts";
import { duration } from "./activation/duration.ts";
import {
  type ActivationConfig,
  activationShape,
  type StatusConfig,
  statusShape,
} from "./activation/settings.ts";
import {
  type CompareSettings,
  compareShape,
} from "./compare/compare-settings.ts";
import type { CheckOptions } from "./ext-authz/options.ts";

/** Certificate and key of a listener; a client CA makes client certificates a must. */
export type TlsConfig = {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
};

/** Where a bundle comes from, and how old it may be. */
export type BundleConfig = BundleSettings & {
  readonly maxStaleness: string | undefined;
  readonly onStale: "warn" | "stop";
};

/** What portcullis.yaml says, every default filled in. */
export type ServerConfig = {
  readonly bundle: BundleConfig;
  /** Several by name, in place of `bundle`. */
  readonly bundles: Readonly<Record<string, BundleConfig>>;
  readonly activation: ActivationConfig;
  readonly status: StatusConfig;
  readonly grpc: {
    readonly listen: string;
    readonly allowPlaintext: boolean;
    readonly tls: TlsConfig | undefined;
    readonly reflection: boolean;
    readonly maxMessageBytes: number;
  };
  readonly http: {
    readonly listen: string;
    readonly allowPlaintext: boolean;
    readonly tls: TlsConfig | undefined;
    readonly pathPrefix: string;
    readonly maxBodyBytes: number;
  };
  readonly admin: { readonly listen: string; readonly allowPlaintext: boolean };
  readonly pipeline: Readonly<
    Record<string, { readonly mode: GuardMode | undefined }>
  >;
  readonly capabilities: { readonly allowNet: readonly string[] };
  readonly mcp: { readonly paths: readonly string[] };
  readonly excludedPaths: readonly string[];
  readonly stripHeaders: readonly string[];
  readonly onFailure: "deny" | "defer";
  readonly onTruncatedBody: "deny" | "allow";
  readonly denyFormat: "json" | "mcp";
  readonly compare: CompareSettings | undefined;
  readonly budget: {
    readonly maxKeys: number;
    readonly retryWindowMs: number;
  };
  readonly decisionLog: {
    readonly file: string;
    readonly evidence: boolean;
    readonly ndBuiltinCache: boolean;
    readonly input: boolean;
  };
  readonly drainMs: number;
};

const mebibyte = 1024 * 1024;

const tls = () =>
  optional(
    group<TlsConfig>("TLS; with `clientCa` clients must show a certificate", {
      cert: text("file of the certificate chain, PEM"),
      key: text("file of the private key, PEM"),
      clientCa: optional(
        text("file of the CA that signs client certificates, PEM"),
      ),
    }),
  );

const allowPlaintext = () =>
  flag("let a listener without TLS leave the loopback interface", false);

const listen = (fallback: string) =>
  text("`host:port`, `unix:PATH` or `off`", {
    fallback,
    pattern: /^(off|unix:.+|.*:\d{1,5})$/,
    expected: "`host:port`, `unix:PATH` or `off`",
  });

const bundle: Group<BundleConfig> = group(bundleShape.description, {
  ...bundleShape.members,
  maxStaleness: optional(
    text(
      "how long ago the source may last have been known to hold what is in force",
      duration,
    ),
  ),
  onStale: choice(
    "when it is older: say so, or answer no check by it",
    ["warn", "stop"],
    "warn",
  ),
});

/** The table of portcullis.yaml: every key, its meaning and its default. */
export const configShape: Group<ServerConfig> = group(
  "Portcullis, the server",
  {
    bundle,
    bundles: table(
      "several by name in place of `bundle`; their roots are disjoint",
      bundle,
    ),
    activation: activationShape,
    status: statusShape,
    grpc: group("ext_authz over gRPC", {
      listen: listen("127.0.0.1:9191"),
      allowPlaintext: allowPlaintext(),
      tls: tls(),
      reflection: flag("answer gRPC reflection", false),
      maxMessageBytes: whole("larger checks are refused", {
        fallback: 4 * mebibyte,
        least: 1024,
      }),
    }),
    http: group("ext_authz over HTTP", {
      listen: listen("127.0.0.1:9192"),
      allowPlaintext: allowPlaintext(),
      tls: tls(),
      pathPrefix: text(
        "cut off every path first, as Envoy's `path_prefix` adds it",
        {
          fallback: "",
          pattern: /^(\/.*[^/])?$/,
          expected: "a path without a slash at its end",
        },
      ),
      maxBodyBytes: whole("larger bodies are refused", {
        fallback: 4 * mebibyte,
        least: 1024,
      }),
    }),
    admin: group(
      "/healthz, /readyz, /metrics, the modes of guards, the revisions",
      {
        listen: listen("127.0.0.1:9193"),
        allowPlaintext: allowPlaintext(),
      },
    ),
    pipeline: table(
      "overrides by guard name",
      group<{ mode: GuardMode | undefined }>("one guard", {
        mode: optional(
          choice("in place of the mode in guards/pipeline.yaml", guardModes),
        ),
      }),
    ),
    capabilities: group("what policies may do beyond computing", {
      allowNet: list(
        "hosts that `http.send` and `net.lookup_ip_addr` may reach",
        text("a host's name or address, without a port"),
        [],
      ),
    }),
    mcp: group("which requests are MCP", {
      paths: list("globs of normalised paths", text("a glob"), [
        "/mcp",
        "/**/mcp",
      ]),
    }),
    excludedPaths: list(
      "paths that pass without a check, compared byte by byte",
      text("a path", {
        pattern: /^\//,
        expected: "a path that begins with a slash",
      }),
      [],
    ),
    stripHeaders: list(
      "request headers with credentials that no upstream sees",
      text("a header's name", {
        pattern: /^[a-z0-9!#$%&'*+.^_`|~-]+$/,
        expected: "a header's name in lower case",
      }),
      [],
    ),
    onFailure: choice(
      "a failed check is a denial, or an error that leaves the choice to Envoy's `failure_mode_allow`",
      ["deny", "defer"],
      "deny",
    ),
    onTruncatedBody: choice(
      "a request whose body did not come whole",
      ["deny", "allow"],
      "deny",
    ),
    denyFormat: choice(
      "how MCP denials look: JSON under their status, or a JSON-RPC error under 200",
      ["json", "mcp"],
      "json",
    ),
    compare: compareShape,
    budget: group("the store of charges", {
      maxKeys: whole("new budgets are denied beyond this many", {
        fallback: 100_000,
        least: 1,
      }),
      retryWindowMs: whole(
        "how long a request id charges only once; 0 charges each time",
        { fallback: 60_000 },
      ),
    }),
    decisionLog: group("one JSON line a check", {
      file: text("a file, `-` for standard output, or `off`", {
        fallback: "-",
      }),
      evidence: flag("write the guards' evidence too", false),
      ndBuiltinCache: flag(
        "write what nondeterministic builtins answered, for an exact replay; it may hold what other services said",
        false,
      ),
      input: flag(
        "write the input document too, so that `portcullis replay` can judge it again; it holds headers and bodies, credentials among them",
        false,
      ),
    }),
    drainMs: whole("how long checks under way may take when the server stops", {
      fallback: 10_000,
    }),
  },
);

/** Reads portcullis.yaml; its first fault is thrown with file, row and column. */
export function readConfig(file: string): ServerConfig {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    throw new PolicyError(
      "server_config_error",
      `there is no configuration file \`${file}\``,
      { cause: error },
    );
  }
  return parseConfig(content, file);
}

/** The same from a text. */
export function parseConfig(content: string, file: string): ServerConfig {
  return readSettings(configShape, {
    text: content,
    file,
    code: "server_config_error",
  });
}

/** How a server with this configuration reads and answers checks. */
export function checkOptions(config: ServerConfig): CheckOptions {
  return {
    onFailure: config.onFailure,
    denyFormat: config.denyFormat,
    onTruncatedBody: config.onTruncatedBody,
    mcpPaths: config.mcp.paths,
    excludedPaths: config.excludedPaths,
    stripHeaders: config.stripHeaders,
  };
}
