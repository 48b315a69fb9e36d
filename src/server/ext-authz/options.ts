/** How checks are read and answered; the configuration's defaults fill it. */
export type CheckOptions = {
  /**
   * What a failure of ours is to Envoy: a denial, or an error that leaves the
   * choice to Envoy's own `failure_mode_allow`.
   */
  readonly onFailure: "deny" | "defer";
  /** `mcp` answers denied MCP calls with a JSON-RPC error under HTTP 200. */
  readonly denyFormat: "json" | "mcp";
  /** What happens to a request whose body did not reach us whole. */
  readonly onTruncatedBody: "deny" | "allow";
  /** Globs of the normalised paths that carry MCP; see mcp-paths.ts. */
  readonly mcpPaths: readonly string[];
  /** Paths that pass without a check; compared exactly, byte by byte. */
  readonly excludedPaths: readonly string[];
  /** Request headers that no upstream sees, lower-case: credentials. */
  readonly stripHeaders: readonly string[];
};
