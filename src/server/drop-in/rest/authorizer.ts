import type { PeerCertificate } from "node:tls";
import {
  fromJs,
  parseJson,
  RegoObject,
  type Value,
} from "../../../engine/index.ts";
import { inputBytes } from "../queries.ts";
import { ApiFault, invalid } from "./answer.ts";
import type { ApiContext } from "./api.ts";
import type { RestRequest } from "./request.ts";

/** How clients are told apart. */
export type Authentication = "off" | "token" | "tls";

/** Who a client is, as the scheme has it; undefined where it does not say. */
export function identityOf(
  { headers }: Pick<RestRequest, "headers">,
  scheme: Authentication,
  certificate: PeerCertificate | undefined,
): string | undefined {
  switch (scheme) {
    case "token":
      return /^Bearer\s+(\S+)$/i.exec(headers["authorization"] ?? "")?.[1];
    case "tls":
      return certificate && distinguishedName(certificate);
    case "off":
      return undefined;
  }
}

/** The subject as RFC 2253 writes it: its parts from last to first. */
function distinguishedName({ subject }: PeerCertificate): string {
  return Object.entries(subject ?? {})
    .flatMap(([name, value]) =>
      [value].flat().map((one) => `${name}=${escapeValue(String(one))}`),
    )
    .reverse()
    .join(",");
}

/** RFC 2253, 2.4: else a value could look like further parts. */
function escapeValue(value: string): string {
  return value
    .replace(/[,+"\\<>;]/g, "\\$&")
    .replace(/^[# ]/, "\\$&")
    .replace(/(?<=.) $/s, "\\ ");
}

/** Throws unless the policy for it lets the request pass. */
export async function authorize(
  request: RestRequest,
  identity: string | undefined,
  { store }: ApiContext,
): Promise<void> {
  const input = await toInput(request, identity);
  const decision = await store.current.decide(
    "authorization",
    inputBytes(input),
  );
  if (decision === undefined) {
    throw new ApiFault(
      500,
      "internal_error",
      "authorization policy missing or undefined",
    );
  }
  checkDecision(parseJson(decision));
}

function checkDecision(decision: Value): void {
  const rejected = "request rejected by administrative policy";
  if (decision === true) {
    return;
  }
  if (!(decision instanceof RegoObject)) {
    throw new ApiFault(401, "unauthorized", rejected);
  }
  const allowed = decision.get("allowed");
  if (allowed === true) {
    return;
  }
  if (allowed === undefined) {
    throw new ApiFault(500, "internal_error", "document missing or undefined");
  }
  const reason = decision.get("reason");
  throw new ApiFault(
    401,
    "unauthorized",
    typeof reason === "string" ? reason : rejected,
  );
}

async function toInput(
  request: RestRequest,
  identity: string | undefined,
): Promise<Value> {
  const path = request.path.slice(1).split("/").map(segment);
  const body = expectsBody(request.method, path)
    ? await request.body.value("")
    : undefined;
  const params = [...new Set(request.query.keys())].map(
    (name) => [name, request.query.getAll(name)] as const,
  );
  return RegoObject.of([
    ["path", path],
    ["method", request.method],
    ["params", fromJs(Object.fromEntries(params))],
    ["headers", fromJs(headerLists(request))],
    ...(body === undefined ? [] : [["body", body] as const]),
    ...(identity === undefined ? [] : [["identity", identity] as const]),
  ]);
}

function segment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`invalid URL escape ${JSON.stringify(text)}`);
  }
}

function expectsBody(
  method: string,
  [first, second]: readonly string[],
): boolean {
  return (
    method === "POST" &&
    ((first === "" && second === undefined) ||
      ((first === "v0" || first === "v1") && second === "data"))
  );
}

/** Header names as Go writes them: `Content-Type`; the values of one name in a list. */
function headerLists({
  rawHeaders,
}: RestRequest): Readonly<Record<string, readonly string[]>> {
  const lists = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "")
      .toLowerCase()
      .replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    if (name !== "Host") {
      const list = lists.get(name) ?? [];
      list.push(rawHeaders[at + 1] ?? "");
      lists.set(name, list);
    }
  }
  return Object.fromEntries(lists);
}
