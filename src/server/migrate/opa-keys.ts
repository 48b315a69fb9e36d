/** What becomes of a key of OPA's configuration. */
export type KeyFate =
  /** The key of portcullis.yaml, or the place, that has it now. */
  | { readonly kind: "taken"; readonly into: string }
  /** Nothing is lost without it. */
  | { readonly kind: "needless"; readonly why: string }
  /** What it did is not done; what to do instead. */
  | { readonly kind: "unsupported"; readonly instead: string };

const taken = (into: string): KeyFate => ({ kind: "taken", into });
const needless = (why: string): KeyFate => ({ kind: "needless", why });
const unsupported = (instead: string): KeyFate => ({
  kind: "unsupported",
  instead,
});

const upload = unsupported(
  "the decision log is a file or standard output: let a collector ship it, or use `portcullis run --server`",
);
const mask = unsupported(
  "no body and no credential is in the decision log, unless `decisionLog.input` says so; `portcullis run --server` masks as OPA does",
);
const login = unsupported(
  "`bundle.remote` knows a bearer token in a file, basic authentication and client certificates",
);

/** OPA's keys, the more special first; `*` is any one name, `**` all that is below. */
const fates: readonly (readonly [pattern: string, fate: KeyFate])[] = [
  ["services.*.url", taken("bundle.source")],
  ["services.*.name", taken("bundle.source")],
  [
    "services.*.credentials.bearer.token_path",
    taken("bundle.remote.tokenFile"),
  ],
  ["services.*.credentials.client_tls.cert", taken("bundle.remote.cert")],
  ["services.*.credentials.client_tls.private_key", taken("bundle.remote.key")],
  ["services.*.tls.ca_cert", taken("bundle.remote.ca")],
  ["services.*.credentials.**", login],
  [
    "services.*.response_header_timeout_seconds",
    taken("bundle.remote.timeoutMs"),
  ],
  [
    "services.*.**",
    unsupported("`bundle.remote` has what there is for network sources"),
  ],
  ["bundles.*.service", taken("bundle.source")],
  ["bundles.*.resource", taken("bundle.source")],
  ["bundles.*.polling.min_delay_seconds", taken("bundle.polling.minMs")],
  ["bundles.*.polling.max_delay_seconds", taken("bundle.polling.maxMs")],
  [
    "bundles.*.polling.long_polling_timeout_seconds",
    taken("bundle.polling.longPollMs"),
  ],
  ["bundles.*.persist", taken("bundle.cache")],
  ["bundles.*.signing.keyid", taken("bundle.signature.keys")],
  ["bundles.*.signing.scope", taken("bundle.signature.keys")],
  ["bundles.*.size_limit_bytes", taken("bundle.remote.maxBytes")],
  ["bundles.*.**", unsupported("`bundle` has what there is for sources")],
  ["keys.*.key", taken("bundle.signature.keys")],
  ["keys.*.algorithm", taken("bundle.signature.keys")],
  ["keys.*.scope", taken("bundle.signature.keys")],
  ["keys.*.**", unsupported("`bundle.signature.keys` has public keys only")],
  ["decision_logs.console", taken("decisionLog.file")],
  ["decision_logs.mask_decision", mask],
  [
    "decision_logs.drop_decision",
    unsupported(
      "every check leaves a record: let a collector drop what it does not want, or use `portcullis run --server`",
    ),
  ],
  ["decision_logs.**", upload],
  ["nd_builtin_cache", taken("decisionLog.ndBuiltinCache")],
  ["status.prometheus", needless("/metrics of the admin listener has it")],
  ["status.console", needless("the server's log has each status event")],
  ["status.service", taken("status.url")],
  [
    "status.**",
    unsupported("`status` has an address and a token, and posts each event"),
  ],
  ["labels.**", needless("a collector knows where a log comes from")],
  ["persistence_directory", taken("bundle.cache")],
  ["plugins.envoy_ext_authz_grpc.addr", taken("grpc.listen")],
  ["plugins.envoy_ext_authz_grpc.path", taken("the guard that asks for it")],
  ["plugins.envoy_ext_authz_grpc.query", taken("the guard that asks for it")],
  ["plugins.envoy_ext_authz_grpc.dry-run", taken("pipeline.*.mode")],
  ["plugins.envoy_ext_authz_grpc.enable-reflection", taken("grpc.reflection")],
  [
    "plugins.envoy_ext_authz_grpc.grpc-max-recv-msg-size",
    taken("grpc.maxMessageBytes"),
  ],
  [
    "plugins.envoy_ext_authz_grpc.grpc-max-send-msg-size",
    needless("answers are small"),
  ],
  [
    "plugins.envoy_ext_authz_grpc.enable-performance-metrics",
    needless("/metrics always has them"),
  ],
  [
    "plugins.envoy_ext_authz_grpc.grpc-request-duration-seconds-buckets",
    unsupported("the buckets of portcullis_check_duration_seconds are fixed"),
  ],
  [
    "plugins.envoy_ext_authz_grpc.skip-request-body-parse",
    unsupported(
      "`parsed_body` is always there, and a policy need not read it: `portcullis run --server` leaves it out",
    ),
  ],
  [
    "plugins.envoy_ext_authz_grpc.proto-descriptor",
    unsupported(
      "gRPC bodies are not decoded, `parsed_body` is null for them: `portcullis run --server` decodes them",
    ),
  ],
  ["plugins.**", unsupported("there is no such plugin here")],
  ["caching.**", needless("answers of builtins are kept by their own rules")],
  ["default_decision", needless("a check is decided by guards")],
  [
    "default_authorization_decision",
    unsupported(
      "the admin listener has no authorization: bind it to loopback, or use `portcullis run --server`",
    ),
  ],
  [
    "discovery.**",
    unsupported(
      "the configuration is a file: deliver it as you deliver the program",
    ),
  ],
  [
    "distributed_tracing.**",
    unsupported(
      "the `traceparent` of a request is in its record; no spans are sent",
    ),
  ],
  ["server.**", unsupported("`portcullis run --server` has OPA's REST API")],
  ["storage.**", needless("data lives in memory")],
  ["bundle.**", unsupported("OPA's old `bundle`: write it as `bundles` first")],
];

/** The names that OPA has at the top. */
export const topKeys: readonly string[] = [
  ...new Set(fates.map(([pattern]) => pattern.split(".")[0] ?? "")),
];

/** What becomes of a key; undefined for one that OPA has not. */
export function fateOf(path: readonly string[]): KeyFate | undefined {
  return fates.find(([pattern]) => matches(pattern.split("."), path))?.[1];
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const rest = pattern.at(-1) === "**";
  const fixed = rest ? pattern.slice(0, -1) : pattern;
  const fits = rest
    ? path.length >= fixed.length
    : path.length === fixed.length;
  return fits && fixed.every((name, at) => name === "*" || name === path[at]);
}
