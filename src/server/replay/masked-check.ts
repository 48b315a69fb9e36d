import { headerEntry, type Ignored } from "../compare/answer-parts.ts";
import type {
  CheckResponse,
  HeaderValueOption,
} from "../ext-authz/check-response.ts";

const http = "/input/attributes/request/http";

/** Where the guards' input has what a pointer into a captured check names. */
export function inputPointers(
  pointer: string,
  request: unknown,
): readonly string[] {
  const inside = pointer.replace(/^\/request\//, "/input/");
  const index = /\/headerMap\/headers\/(\d+)$/.exec(inside)?.[1];
  if (index !== undefined) {
    return [inside, `${http}/headers/${rawHeaderName(request, Number(index))}`];
  }
  switch (inside) {
    case `${http}/body`:
    case `${http}/rawBody`:
      return [inside, "/input/parsed_body", "/input/mcp"];
    case `${http}/path`:
      return [inside, ...readOfPath];
    default:
      return [inside];
  }
}

const readOfPath = [
  "/input/path",
  "/input/parsed_path",
  "/input/parsed_query",
  "/input/tool_id",
];

/** CheckRequest, protobuf-JSON. */
type RequestJson = {
  readonly attributes?: {
    readonly request?: {
      readonly http?: {
        readonly headerMap?: {
          readonly headers?: readonly { readonly key?: string }[];
        };
      };
    };
  };
};

function rawHeaderName(request: unknown, index: number): string {
  const { attributes } = request as RequestJson;
  const header = attributes?.request?.http?.headerMap?.headers?.[index];
  const name = (header?.key ?? "").toLowerCase();
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The rules of a comparison with an answer of which parts were masked: they are left out. */
export function withoutMasked(
  rules: Ignored,
  recorded: CheckResponse,
  pointers: readonly string[],
): Ignored {
  const parts = new Set(rules.parts);
  const metadata = new Set(rules.metadata);
  const headers = [...rules.headers];
  for (const pointer of pointers.filter((one) =>
    one.startsWith("/response/"),
  )) {
    const [answer = "", name = "", index] = pointer.split("/").slice(2);
    if (answer === "dynamicMetadata") {
      metadata.add(name.replaceAll("~1", "/").replaceAll("~0", "~"));
    } else if (name === "body") {
      parts.add("body");
    } else if (name === "queryParametersToSet") {
      parts.add("query");
    } else if (index !== undefined) {
      headers.push(...headerNames(recorded, answer, name, Number(index)));
    }
  }
  return { parts, metadata, headers };
}

function headerNames(
  recorded: CheckResponse,
  answer: string,
  list: string,
  index: number,
): readonly string[] {
  const { deniedResponse, errorResponse, okResponse } = recorded;
  const answers: Readonly<Record<string, object | undefined>> = {
    okResponse,
    deniedResponse,
    errorResponse,
  };
  const headers = (answers[answer] ?? {}) as Readonly<
    Record<string, readonly HeaderValueOption[] | undefined>
  >;
  const header = headers[list]?.[index];
  return header === undefined ? [] : [headerEntry(header)[0]];
}
