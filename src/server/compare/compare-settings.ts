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
import { type AnswerPart, answerParts } from "./answer-parts.ts";

/** Whose answer a check gets. */
export type Enforced = "reference" | "native" | "deny-if-either";

/** Checks that get ours before all others do. */
export type RolloutRule = {
  readonly paths: readonly string[];
  readonly identities: readonly string[];
  readonly percent: number;
};

/** What ours is held against, and how. */
export type CompareSettings = {
  readonly reference: {
    readonly kind: "grpc" | "opa" | "revision";
    readonly address: string;
    readonly path: string;
    readonly tls: boolean;
    readonly ca: string | undefined;
  };
  readonly enforce: Enforced;
  readonly rollout: readonly RolloutRule[];
  readonly samplePercent: number;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly ignore: {
    readonly parts: readonly AnswerPart[];
    readonly headers: readonly string[];
    readonly metadata: readonly string[];
  };
};

const percent = { greatest: 100 };

/** The table of `compare`. */
export const compareShape: Group<CompareSettings | undefined> = optional(
  group<CompareSettings>("a reference that each check is compared with", {
    reference: group("what ours is held against", {
      kind: choice(
        "an ext_authz server over gRPC, an OPA server's REST API, or another source of guards in this process",
        ["grpc", "opa", "revision"],
      ),
      address: text(
        "of grpc `host:port` or `unix:PATH`, of opa its `http://` or `https://` address, of a revision its folder or bundle",
      ),
      path: text("of opa: the decision, as `authz/allow`", {
        fallback: "envoy/authz/allow",
      }),
      tls: flag("of grpc: speak TLS", false),
      ca: optional(
        text("file of the CA to trust in place of the system's, PEM"),
      ),
    }),
    enforce: choice(
      "whose answer counts; ours where the reference has none in time",
      ["reference", "native", "deny-if-either"],
      "reference",
    ),
    rollout: list(
      "checks that get ours whatever `enforce` says; the first rule that fits decides",
      group<RolloutRule>("some checks", {
        paths: list(
          "globs of normalised paths; none for all",
          text("a glob"),
          [],
        ),
        identities: list(
          "what `source.principal` may be; none for all",
          text("a principal; `*` at its end stands for anything"),
          [],
        ),
        percent: whole("of their callers, always the same ones", {
          ...percent,
          fallback: 100,
        }),
      }),
      [],
    ),
    samplePercent: whole("how many of the checks that get ours are compared", {
      ...percent,
      fallback: 100,
    }),
    timeoutMs: whole(
      "how long an answer waits for the reference, and a comparison too",
      { fallback: 100, least: 1 },
    ),
    maxInFlight: whole("further comparisons are left out and counted", {
      fallback: 256,
      least: 1,
    }),
    ignore: group("differences that do not count", {
      parts: list("parts of the answer", choice("a part", answerParts), []),
      headers: list(
        "headers beside `x-portcullis-*`, in lower case",
        text("a name; `*` at its end stands for anything"),
        [],
      ),
      metadata: list(
        "members of the dynamic metadata beside our own",
        text("a name"),
        [],
      ),
    }),
  }),
);
