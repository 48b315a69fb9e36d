import {
  choice,
  flag,
  type Group,
  group,
  optional,
  table,
  text,
  whole,
} from "../setting.ts";
import { signatureAlgorithms } from "../signature.ts";

/** A key by which bundles are verified, as a file says it. */
export type KeySettings = {
  readonly key: string | undefined;
  readonly file: string | undefined;
  readonly algorithm: string;
  readonly scope: string | undefined;
  readonly expires: string | undefined;
};

/** How a network source is reached. */
export type RemoteSettings = {
  readonly tokenFile: string | undefined;
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  readonly dockerConfig: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly allowPlaintext: boolean;
  readonly timeoutMs: number;
  readonly maxBytes: number;
};

/** Where a bundle comes from and what it must be. */
export type BundleSettings = {
  readonly source: string;
  readonly watch: boolean;
  readonly debounceMs: number;
  readonly signature: {
    readonly required: boolean | undefined;
    readonly keys: Readonly<Record<string, KeySettings>>;
  };
  readonly polling: {
    readonly minMs: number;
    readonly maxMs: number;
    readonly longPollMs: number;
  };
  readonly remote: RemoteSettings;
  readonly cache: string | undefined;
};

const mebibyte = 1024 * 1024;

const key = group<KeySettings>("one key", {
  key: optional(text("the public key, PEM, or the secret of HS")),
  file: optional(text("the file that holds it, in place of `key`")),
  algorithm: choice(
    "how it signs; a signature that says otherwise is refused",
    signatureAlgorithms,
    "RS256",
  ),
  scope: optional(text("the `scope` that its signatures must claim")),
  expires: optional(
    text("from when on it verifies nothing, RFC 3339", {
      pattern: /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/,
      expected: "a date, or a time with its zone, as `2027-01-31T00:00:00Z`",
    }),
  ),
});

const remote = group<RemoteSettings>("how a network source is reached", {
  tokenFile: optional(
    text("a file with a bearer token, read for each request"),
  ),
  username: optional(text("for basic authentication")),
  passwordFile: optional(
    text("a file with its password, read for each request"),
  ),
  dockerConfig: optional(
    text("a config.json of docker's, with the credentials of registries"),
  ),
  ca: optional(text("file of the CA to trust in place of the system's, PEM")),
  cert: optional(text("file of the client certificate chain, PEM")),
  key: optional(text("file of its private key, PEM")),
  allowPlaintext: flag(
    "fetch over plain http: `http://` in an address, and every `oci://`",
    false,
  ),
  timeoutMs: whole("how long one answer may take, to its last byte", {
    fallback: 60_000,
    least: 1,
  }),
  maxBytes: whole("larger answers are refused", {
    fallback: 512 * mebibyte,
    least: 1024,
  }),
});

/** The table of `bundle`. */
export const bundleShape: Group<BundleSettings> = group(
  "where guards and policies come from",
  {
    source: text(
      "a folder with guards/ and policies/, the bundle that `portcullis build` makes of one, its `https://` address, or `oci://REGISTRY/REPOSITORY:TAG` or `@DIGEST`",
      { fallback: "." },
    ),
    watch: flag("load it again when it changes", true),
    debounceMs: whole("how long files must be quiet before that", {
      fallback: 100,
    }),
    signature: group("which signatures it must have", {
      required: optional(
        flag(
          "refuse what is not signed; if absent, true for network sources and wherever there are keys",
        ),
      ),
      keys: table("keys by their id", key),
    }),
    polling: group("how often a network source is asked", {
      minMs: whole("the least time between two requests", {
        fallback: 60_000,
        least: 10,
      }),
      maxMs: whole("the greatest", { fallback: 120_000, least: 10 }),
      longPollMs: whole(
        "how long the server may hold its answer until there is something else; 0 for not at all",
        { fallback: 0 },
      ),
    }),
    remote,
    cache: optional(
      text(
        "a folder that keeps the last good bundle of a network source, for a start without the network",
      ),
    ),
  },
);
