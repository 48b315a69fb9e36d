import { randomUUID } from "node:crypto";
import { RegoObject, toJson, type Value } from "../../../engine/index.ts";
import { CompileFaults } from "../compiled-queries.ts";
import { errorJson } from "../error-json.ts";
import { metricsJson, objectJson } from "../json-text.ts";
import { invalid, ok, type RestAnswer } from "./answer.ts";
import type { ApiContext, Handler } from "./api.ts";
import { explainMode, explanationJson } from "./explanation.ts";
import { isPretty, isSet, lastValue, type RestRequest } from "./request.ts";

/** `GET /v1/query?q=…`. */
export const getQuery: Handler = async (request, _rest, context) => {
  const query = lastValue(request, "q");
  if (query === undefined) {
    throw invalid("missing parameter 'q'");
  }
  return answer({ request, context, query, input: undefined });
};

/** `POST /v1/query`. */
export const postQuery: Handler = async (request, _rest, context) => {
  const body = await request.body.value(
    "error(s) occurred while decoding request: ",
  );
  const member = (name: string) =>
    body instanceof RegoObject ? body.get(name) : undefined;
  const query = member("query") ?? "";
  if (typeof query !== "string") {
    throw invalid(
      "error(s) occurred while decoding request: json: cannot unmarshal into Go struct field QueryRequestV1.query of type string",
    );
  }
  const input = member("input") ?? undefined;
  return answer({ request, context, query, input });
};

type Asked = {
  readonly request: RestRequest;
  readonly context: ApiContext;
  readonly query: string;
  readonly input: Value | undefined;
};

async function answer(asked: Asked): Promise<RestAnswer> {
  const { context, input, query, request } = asked;
  const snapshot = context.store.current;
  const given = input === undefined ? undefined : toJson(input);
  const mode = explainMode(request);
  try {
    const { metrics, ndBuiltinCache, rows, trace } = await snapshot.queries.run(
      query,
      {
        input: given === undefined ? undefined : Buffer.from(given),
        trace: mode !== undefined,
      },
    );
    const result =
      rows.length > 0 ? `[${rows.map(toJson).join(",")}]` : undefined;
    await context.log?.(
      {
        decisionId: randomUUID(),
        query,
        input: given,
        result: result ?? "null",
        ndBuiltinCache: context.ndBuiltinCache ? ndBuiltinCache : undefined,
        requestedBy: request.client,
        requestId: request.id,
        timestamp: new Date(),
        metrics,
      },
      snapshot,
    );
    const isMeasured =
      isSet(request, "metrics") || isSet(request, "instrument");
    return ok(
      objectJson([
        ["explanation", mode && explanationJson(trace, mode, request)],
        ["metrics", isMeasured ? metricsJson(metrics) : undefined],
        ["result", result],
      ]),
      isPretty(request),
    );
  } catch (error) {
    throw error instanceof CompileFaults ? queryFault(error, query) : error;
  }
}

function queryFault({ errors }: CompileFaults, query: string) {
  const isParse = errors.every(({ code }) => code === "rego_parse_error");
  return invalid(
    `error(s) occurred while ${isParse ? "parsing" : "compiling"} query`,
    errors.map((error) => errorJson(error, { "": query })),
  );
}
