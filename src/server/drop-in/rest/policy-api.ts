import {
  conflictsWithData,
  hasDataIn,
  packagePathOf,
  parseModule,
  rulePlacesOf,
} from "../../../engine/index.ts";
import { nanosecondsSince } from "../../elapsed.ts";
import { unescapePath } from "../../ext-authz/go-text.ts";
import { analyse, CompileFaults } from "../compiled-queries.ts";
import type { Documents } from "../documents.ts";
import { errorJson } from "../error-json.ts";
import { objectJson } from "../json-text.ts";
import { ApiFault, invalid, ok } from "./answer.ts";
import type { ApiContext, Handler } from "./api.ts";
import { checkPathScope } from "./ownership.ts";
import { isPretty, isSet, type RestRequest } from "./request.ts";

const faulty = "error(s) occurred while compiling module(s)";

/** `GET /v1/policies`. */
export const listPolicies: Handler = async (request, _rest, context) => {
  const { modules } = context.store.current.documents;
  const shown = Object.keys(modules)
    .sort()
    .map((id) => policyJson(id, context));
  return ok(`{"result":[${shown.join(",")}]}`, isPretty(request));
};

/** `GET /v1/policies/…`. */
export const getPolicy: Handler = async (request, rest, context) => {
  const id = toId(rest);
  checkThere(id, context.store.current.documents);
  return ok(`{"result":${policyJson(id, context)}}`, isPretty(request));
};

/** `PUT /v1/policies/…`: a policy that is wrong changes nothing. */
export const putPolicy: Handler = async (request, rest, context) => {
  const id = toId(rest);
  const { text } = request.body;
  const started = performance.now();
  await context.store.change((documents) => {
    if (documents.modules[id] === text) {
      return documents;
    }
    checkOwner(id, documents, context);
    checkOwner(id, withPolicy(documents, id, text), context);
    return checked(id, withPolicy(documents, id, text), context);
  });
  return done(request, started);
};

/** `DELETE /v1/policies/…`. */
export const deletePolicy: Handler = async (request, rest, context) => {
  const id = toId(rest);
  const started = performance.now();
  await context.store.change((documents) => {
    checkThere(id, documents);
    checkOwner(id, documents, context);
    const { [id]: _, ...modules } = documents.modules;
    try {
      return checked(id, { ...documents, modules }, context);
    } catch (error) {
      throw error instanceof ApiFault
        ? new ApiFault(400, "invalid_operation", error.message, error.errors)
        : error;
    }
  });
  return done(request, started);
};

function toId(rest: string): string {
  const id = unescapePath(rest);
  if (id === undefined) {
    throw invalid(`bad path: ${rest}`);
  }
  return id;
}

function checkThere(id: string, { modules }: Documents): void {
  if (!Object.hasOwn(modules, id)) {
    throw new ApiFault(
      404,
      "resource_not_found",
      `storage_not_found_error: policy id ${JSON.stringify(id)}`,
    );
  }
}

function withPolicy(documents: Documents, id: string, text: string): Documents {
  return { ...documents, modules: { ...documents.modules, [id]: text } };
}

/** Refuses a policy in a package that a bundle owns. */
function checkOwner(
  id: string,
  documents: Documents,
  { regoVersion }: ApiContext,
): void {
  const text = documents.modules[id];
  const path =
    text === undefined ? undefined : packagePathOf(text, { regoVersion });
  if (path !== undefined) {
    checkPathScope(documents, path);
  }
}

/** The documents, when their policies are sound. */
function checked(
  id: string,
  documents: Documents,
  { store, regoVersion }: ApiContext,
): Documents {
  const text = documents.modules[id];
  if (text?.trim() === "") {
    throw invalid(`${id}:0: rego_parse_error: empty module`);
  }
  const own = text === undefined ? undefined : parseOne(id, text, regoVersion);
  if (own && "errors" in own) {
    throw invalid(
      faulty,
      own.errors.map((error) => errorJson(error, { [id]: text ?? "" })),
    );
  }
  try {
    const analysed = analyse(documents, store.current.options);
    const conflicts = conflictsWithData(
      rulePlacesOf(analysed),
      hasDataIn(documents.data),
    );
    if (conflicts.length > 0) {
      throw new CompileFaults(conflicts);
    }
    return documents;
  } catch (error) {
    throw error instanceof CompileFaults
      ? invalid(
          faulty,
          error.errors.map((one) => errorJson(one, documents.modules)),
        )
      : error;
  }
}

function parseOne(id: string, text: string, regoVersion: 0 | 1) {
  return parseModule(text, { file: id, regoVersion });
}

function policyJson(id: string, { store, regoVersion }: ApiContext): string {
  const text = store.current.documents.modules[id] ?? "";
  const parsed = parseModule(text, { file: id, regoVersion });
  return objectJson([
    ["id", JSON.stringify(id)],
    ["raw", JSON.stringify(text)],
    ["ast", "ast" in parsed ? parsed.ast : undefined],
  ]);
}

function done(request: RestRequest, started: number) {
  const metrics = { timer_rego_module_compile_ns: nanosecondsSince(started) };
  return ok(
    isSet(request, "metrics") ? JSON.stringify({ metrics }) : "{}",
    isPretty(request),
  );
}
