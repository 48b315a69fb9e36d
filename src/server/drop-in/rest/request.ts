import { gunzipSync } from "node:zlib";
import { parseYaml } from "../../../builtins/index.ts";
import { trimSlashes } from "../../../bundle/index.ts";
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
  readonly body: RequestBody;
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

// OPA's default of `server.decoding.gzip.max_length`.
const maxUnpacked = 536_870_912;

/** A request's body, unpacked and parsed once for all who ask: authorization may, too. */
export class RequestBody {
  readonly #bytes: Uint8Array;
  readonly #headers: RestRequest["headers"];
  #text: string | undefined;
  #parsed: Promise<Value | undefined> | undefined;

  constructor(bytes: Uint8Array, headers: RestRequest["headers"]) {
    this.#bytes = bytes;
    this.#headers = headers;
  }

  /** The body as text, a compression undone. */
  get text(): string {
    this.#text ??= this.#unpacked().toString("utf8");
    return this.#text;
  }

  /** The document, JSON or YAML by its type; undefined where there is none. */
  async value(prefix: string): Promise<Value | undefined> {
    const { text } = this;
    this.#parsed ??= this.#parse(text);
    try {
      return await this.#parsed;
    } catch (error) {
      throw invalid(`${prefix}${(error as Error).message}`);
    }
  }

  #unpacked(): Buffer {
    const bytes = Buffer.from(this.#bytes);
    if (!(this.#headers["content-encoding"] ?? "").includes("gzip")) {
      return bytes;
    }
    try {
      return gunzipSync(bytes, { maxOutputLength: maxUnpacked });
    } catch {
      throw invalid("could not decompress the body: gzip: invalid header");
    }
  }

  async #parse(text: string): Promise<Value | undefined> {
    if (text.trim() === "") {
      return undefined;
    }
    if ((this.#headers["content-type"] ?? "").includes("yaml")) {
      return parseYaml(text);
    }
    try {
      return parseFirst(text);
    } catch (cause) {
      throw new Error(await streamFault(text), { cause });
    }
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
  const trimmed = trimSlashes(path);
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
