import { fromJs, toJson } from "../../engine/index.ts";
import { structJson } from "../ext-authz/attributes-json.ts";
import type {
  CheckResponse,
  HeaderValueOption,
} from "../ext-authz/check-response.ts";

/** What of an answer is compared. */
export const answerParts = [
  "verdict",
  "status",
  "headers",
  "response_headers",
  "removed_headers",
  "query",
  "metadata",
  "body",
] as const;

export type AnswerPart = (typeof answerParts)[number];

/** An answer as text by part; equal answers have equal texts. */
export type AnswerTexts = Readonly<Record<AnswerPart, string>>;

/** What two answers may differ in without being counted. */
export type Ignored = {
  readonly parts: ReadonlySet<AnswerPart>;
  /** Lower-case names; `x-*` stands for all that begin so. */
  readonly headers: readonly string[];
  /** Members of the dynamic metadata. */
  readonly metadata: ReadonlySet<string>;
};

/** What only Portcullis sends, and what differs with each check. */
export const ownHeaders = ["x-portcullis-*"];
export const ownMetadata = [
  "verdict",
  "enforced",
  "guard",
  "code",
  "reason",
  "http_status",
  "decision_id",
  "revision",
] as const;

/** One part in which two answers differ. */
export type AnswerDifference = {
  readonly part: AnswerPart;
  readonly reference: string;
  readonly native: string;
};

/** Whether a response lets the request pass: one that says both does not. */
export function isAllowed(response: CheckResponse): boolean {
  const { deniedResponse, errorResponse, status } = response;
  return (status?.code ?? 0) === 0 && !deniedResponse && !errorResponse;
}

/** A header's name in lower case and its value, as text or as bytes. */
export function headerEntry({
  header,
}: HeaderValueOption): readonly [name: string, value: string] {
  const { key = "", rawValue = [], value = "" } = header ?? {};
  return [key.toLowerCase(), value || Buffer.from(rawValue).toString("utf8")];
}

/** The parts of an answer that are not ignored, as text. */
export function answerTexts(
  response: CheckResponse,
  ignored: Ignored,
): AnswerTexts {
  const { okResponse } = response;
  const denial = response.deniedResponse ?? response.errorResponse;
  const passes = isAllowed(response);
  const verdict = response.errorResponse ? "error" : passes ? "allow" : "deny";
  const headers = passes ? okResponse?.headers : denial?.headers;
  return {
    verdict,
    status: passes ? "200" : String(denial?.status?.code || 403),
    headers: headersText(headers, ignored),
    response_headers: headersText(okResponse?.responseHeadersToAdd, ignored),
    removed_headers: sorted(
      (okResponse?.headersToRemove ?? [])
        .map((name) => name.toLowerCase())
        .filter((name) => !isIgnoredHeader(name, ignored)),
    ),
    query: sorted([
      ...(okResponse?.queryParametersToSet ?? []).map(
        ({ key, value }) => `${key}=${value}`,
      ),
      ...(okResponse?.queryParametersToRemove ?? []).map((key) => `-${key}`),
    ]),
    metadata: metadataText(response, ignored),
    body: passes ? "" : withoutId(denial?.body ?? ""),
  };
}

/** The parts in which two answers differ. */
export function differencesOf(
  reference: AnswerTexts,
  native: AnswerTexts,
  { parts }: Ignored,
): readonly AnswerDifference[] {
  return answerParts
    .filter((part) => !parts.has(part) && reference[part] !== native[part])
    .map((part) => ({
      part,
      reference: reference[part],
      native: native[part],
    }));
}

/** Headers as a multiset: their order says nothing, how often each comes does. */
function headersText(
  headers: readonly HeaderValueOption[] = [],
  ignored: Ignored,
): string {
  const lines = headers
    .map(headerEntry)
    .filter(([name]) => !isIgnoredHeader(name, ignored))
    .map(([name, value]) => `${name}: ${value}`);
  return sorted(lines);
}

function isIgnoredHeader(name: string, { headers }: Ignored): boolean {
  return headers.some((pattern) =>
    pattern.endsWith("*")
      ? name.startsWith(pattern.slice(0, -1))
      : name === pattern,
  );
}

function metadataText({ dynamicMetadata }: CheckResponse, ignored: Ignored) {
  const members: Record<string, unknown> = dynamicMetadata
    ? JSON.parse(structJson(dynamicMetadata))
    : {};
  const kept = Object.entries(members).filter(
    ([name]) => !ignored.metadata.has(name),
  );
  // Rego's objects are sorted, so that the order of members says nothing.
  return kept.length === 0 ? "" : toJson(fromJs(Object.fromEntries(kept)));
}

/** Our bodies name the decision, which is another one each time. */
function withoutId(body: string): string {
  return body.replace(/"decision_id":"[0-9a-f-]{36}"/, '"decision_id":""');
}

function sorted(texts: readonly string[]): string {
  return [...texts].sort().join("\n");
}
