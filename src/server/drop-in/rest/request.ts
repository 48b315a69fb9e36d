import { gunzipSync } from "node:zlib";
import { parseYaml } from "../../../builtins/index.ts";
import { parseJson, type Value } from "../../../engine/index.ts";
import { unescapePath } from "../../ext-authz/go-text.ts";
import { jsonFault } from "../../ext-authz/strict/json-fault.ts";
import { invalid } from "./answer.ts";

/** A request of the API, read whole. */
export type RestRequest = {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names as sent, for authorization policies. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  readonly client: string;
  readonly id: number;
};

/** A flag of the query: present without a value, or with `true`. */
export function isSet({ query }: RestRequest, name: string): boolean {
  const values = query.getAll(name);
  return values.length === 1 && values[0] === ""
    ? true
    : values.some((value) => value.toLowerCase() === "true");
}

export function isPretty(request: RestRequest): boolean {
  return isSet(request, "pretty");
}

/** The last of the values of a name. */
export function lastValue(
  { query }: RestRequest,
  name: string,
): string | undefined {
  return query.getAll(name).at(-1);
}

/** The body as text, a compression undone. */
export function bodyText({ body, headers }: RestRequest): string {
  if (!(headers["content-encoding"] ?? "").includes("gzip")) {
    return Buffer.from(body).toString("utf8");
  }
  try {
    const options = { maxOutputLength: maxUnpacked };
    return gunzipSync(body, options).toString("utf8");
  } catch {
    throw invalid("could not decompress the body: gzip: invalid header");
  }
}

// OPA's default of `server.decoding.gzip.max_length`.
const maxUnpacked = 536_870_912;

/** The body's document, JSON or YAML by its type; undefined where there is none. */
export async function bodyValue(
  request: RestRequest,
  prefix: string,
): Promise<Value | undefined> {
  const text = bodyText(request);
  const isYaml = (request.headers["content-type"] ?? "").includes("yaml");
  if (text.trim() === "") {
    return undefined;
  }
  try {
    return isYaml ? parseYaml(text) : parseFirst(text);
  } catch (error) {
    const reason = isYaml ? (error as Error).message : await streamFault(text);
    throw invalid(`${prefix}${reason}`);
  }
}

/** One JSON document at the start of a text; what follows it is not looked at, as in OPA. */
function parseFirst(text: string): Value {
  try {
    return parseJson(text);
  } catch (error) {
    const end = documentEnd(text);
    if (end === undefined || end >= text.length) {
      throw error;
    }
    return parseJson(text.slice(0, end));
  }
}

/** Where an object or a list at the start of a text ends. */
function documentEnd(text: string): number | undefined {
  let depth = 0;
  // A text that is not closed goes on to the end: it is looked at once.
  for (const match of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"?|[{}[\]]/gs)) {
    const [token] = match;
    if (token === "{" || token === "[") {
      depth += 1;
    } else if (token === "}" || token === "]") {
      depth -= 1;
      if (depth <= 0) {
        return match.index + 1;
      }
    }
  }
  return undefined;
}

/** What Go's stream decoder says of a text. */
export async function streamFault(text: string): Promise<string> {
  const reason = await jsonFault(text);
  return reason === "unexpected end of JSON input" ? "unexpected EOF" : reason;
}

/** The segments of a path of data, as the store has them. */
export function storePath(path: string): readonly string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, "");
  if (trimmed === "") {
    return [];
  }
  const segments = trimmed.split("/").map(unescapePath);
  if (segments.some((segment) => segment === undefined)) {
    throw invalid(`bad path: ${path}`);
  }
  return segments as readonly string[];
}

/** The segments of a path as a reference; empty ones are dropped. */
export function refPath(path: string): readonly string[] {
  return path
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => unescapePath(segment) ?? segment);
}
