import {
  choice,
  type Group,
  group,
  list,
  optional,
  readPlacedSettings,
  table,
  text,
  whole,
} from "../../bundle/index.ts";
import type { Location } from "../../engine/index.ts";

/** A request, and what must become of it. */
export type RequestCase = {
  /** What is special about it. */
  readonly note: string;
  readonly request: CaseRequest;
  readonly want: Expected;
};

type CaseRequest = {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly host: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the client's certificate says: `source.principal`. */
  readonly principal: string;
  readonly contextExtensions: Readonly<Record<string, string>>;
};

/** What is left out may be anything. */
type Expected = {
  readonly verdict: "allow" | "deny" | "failure";
  readonly guard: string | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly httpStatus: number | undefined;
};

/** A case with the place where it is written. */
export type PlacedCase = RequestCase & { readonly location: Location };

const none = { fallback: "" };

/** The table of a `cases` file. */
export const casesShape: Group<{ cases: readonly RequestCase[] }> = group(
  "requests and what becomes of them in the whole pipeline",
  {
    cases: list(
      "the cases",
      group<RequestCase>("one request", {
        note: text("what is special about it"),
        request: group("the request as Envoy describes it", {
          method: text("HTTP method", { fallback: "GET" }),
          path: text("path, with the query", { fallback: "/" }),
          host: text("host", none),
          headers: table("by lower-case name", text("the value")),
          body: text("the body", none),
          principal: text("source.principal, as of a certificate", none),
          contextExtensions: table("the route's settings", text("the value")),
        }),
        want: group(
          "what must become of it; what is left out may be anything",
          {
            verdict: choice("the verdict", [
              "allow",
              "deny",
              "failure",
            ] as const),
            guard: optional(text("the guard that denies")),
            code: optional(text("the denial's code")),
            reason: optional(text("the denial's reason")),
            httpStatus: optional(whole("the status that the client gets")),
          },
        ),
      }),
    ),
  },
);

/** Reads a `cases` file; the first fault is thrown with its place. */
export function readCases(
  content: string,
  file: string,
): readonly PlacedCase[] {
  const source = { text: content, file, code: "test_case_error" } as const;
  const { locate, settings } = readPlacedSettings(casesShape, source);
  return settings.cases.map((one, at) => ({
    ...one,
    location: locate(["cases", at]),
  }));
}
