import {
  OperandError,
  type RegoObject,
  RegoSet,
  toRego,
} from "../engine/builtins/index.ts";

const allowed = RegoSet.of([
  "body",
  "cache",
  "cache_ignored_headers",
  "caching_mode",
  "enable_redirect",
  "force_cache",
  "force_cache_duration_seconds",
  "force_json_decode",
  "force_yaml_decode",
  "headers",
  "max_retry_attempts",
  "method",
  "raise_error",
  "raw_body",
  "timeout",
  "tls_ca_cert",
  "tls_ca_cert_env_variable",
  "tls_ca_cert_file",
  "tls_client_cert",
  "tls_client_cert_env_variable",
  "tls_client_cert_file",
  "tls_client_key",
  "tls_client_key_env_variable",
  "tls_client_key_file",
  "tls_insecure_skip_verify",
  "tls_server_name",
  "tls_use_system_certs",
  "url",
]);

/** Throws for a request with parameters that `http.send` has not, or without those it needs. */
export function checkRequestKeys(request: RegoObject): void {
  const keys = request.entries.map(([key]) => key);
  const invalid = keys.filter((key) => !allowed.has(key));
  if (invalid.length > 0) {
    throw new OperandError(
      1,
      `invalid request parameters(s): ${toRego(RegoSet.of(invalid))}`,
    );
  }
  const missing = ["method", "url"].filter((key) => !keys.includes(key));
  if (missing.length > 0) {
    throw new OperandError(
      1,
      `missing required request parameters(s): ${toRego(RegoSet.of(missing))}`,
    );
  }
}
