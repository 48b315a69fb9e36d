import {
  choice,
  flag,
  type Group,
  group,
  list,
  optional,
  text,
  whole,
} from "../../bundle/index.ts";

/** What a revision must pass before it takes over, and what is kept of the ones before. */
export type ActivationConfig = {
  readonly selfTest: boolean;
  readonly canary: {
    readonly files: readonly string[];
    readonly onChange: "report" | "block";
  };
  readonly warmUp: number;
  readonly rollback: {
    readonly failures: number;
    readonly windowMs: number;
    readonly probationMs: number;
  };
  readonly history: number;
  readonly blocklist: readonly string[];
  readonly cacheFolder: string | undefined;
};

/** Where the status of the bundles goes beside the log. */
export type StatusConfig = {
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly timeoutMs: number;
};

/** The table of `activation`. */
export const activationShape: Group<ActivationConfig> = group(
  "what a revision must pass, and what becomes of it",
  {
    selfTest: flag("run the tests and golden requests that a bundle has", true),
    canary: group("requests that both revisions answer", {
      files: list("files of request cases", text("a file"), []),
      onChange: choice(
        "when a verdict changes: say so, or keep the revision in force",
        ["report", "block"],
        "report",
      ),
    }),
    // What V8 does at a first call, it has done; more would delay every start.
    warmUp: whole("checks that a revision answers before it takes over", {
      fallback: 10,
    }),
    rollback: group("back to the revision before when guards fail", {
      failures: whole("so many failures of guards; 0 never rolls back", {
        fallback: 5,
      }),
      windowMs: whole("within so many milliseconds", {
        fallback: 60_000,
        least: 1,
      }),
      probationMs: whole(
        "how long after it took over; later failures are not blamed on it",
        { fallback: 600_000 },
      ),
    }),
    history: whole("revisions kept beside the one in force", {
      fallback: 2,
      greatest: 100,
    }),
    blocklist: list(
      "digests that are never taken",
      text("a SHA-256", {
        pattern: /^[0-9a-f]{64}$/,
        expected: "64 hexadecimal digits",
      }),
      [],
    ),
    cacheFolder: optional(
      text(
        "keeps compiled modules, and what was rolled back, for the next start; trusted as the source",
      ),
    ),
  },
);

/** The table of `status`. */
export const statusShape: Group<StatusConfig> = group(
  "OPA's status of the bundles, beside the log",
  {
    url: optional(
      text("where it is posted as JSON", {
        pattern: /^https?:\/\/./,
        expected: "an http or https address",
      }),
    ),
    tokenFile: optional(text("file of the bearer token")),
    timeoutMs: whole("how long a post may take", {
      fallback: 10_000,
      least: 1,
    }),
  },
);
