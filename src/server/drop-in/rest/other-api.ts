import { opaVersion, RegoObject } from "../../../engine/index.ts";
import { inputBytes } from "../queries.ts";
import { ApiFault, invalid, ok, type RestAnswer } from "./answer.ts";
import type { Handler } from "./api.ts";
import { isPretty, isSet, refPath } from "./request.ts";

/** `GET /v1/config`. */
export const getConfig: Handler = async (request, _rest, { config }) =>
  ok(`{"result":${config}}`, isPretty(request));

/** `GET /v1/status`. */
export const getStatus: Handler = async (request, _rest, { status }) => {
  const json = status();
  if (json === undefined) {
    throw new ApiFault(500, "internal_error", "status plugin not enabled");
  }
  return ok(`{"result":${json}}`, isPretty(request));
};

/** `/v1/compile`. */
export const refuseCompile: Handler = async () => {
  throw invalid(
    "/v1/compile is not supported: partial evaluation is not supported",
  );
};

/** `GET /health`. */
export const getHealth: Handler = async (request, _rest, { health }) =>
  healthAnswer(
    health({
      bundles: isSet(request, "bundles") || isSet(request, "bundle"),
      plugins: isSet(request, "plugins"),
      excluded: request.query.getAll("exclude-plugin"),
    }),
  );

/** `GET /health/…`: what a policy says of it. */
export const getHealthPolicy: Handler = async (_request, rest, context) => {
  const isReady = context.health({
    bundles: true,
    plugins: true,
    excluded: [],
  });
  const input = RegoObject.of([
    ["plugin_state", RegoObject.of([])],
    ["plugins_ready", isReady === undefined],
  ]);
  const path = ["system", "health", ...refPath(rest)];
  const { values } = await context.store.current.queries.ask(path, {
    input: inputBytes(input),
  });
  const [value] = values;
  const name = `data.${path.join(".")}`;
  return healthAnswer(
    value === true
      ? undefined
      : value === undefined
        ? `health check (${name}) was undefined`
        : `health check (${name}) returned unexpected value`,
  );
};

function healthAnswer(error: string | undefined): RestAnswer {
  return error === undefined
    ? ok("{}")
    : { ...ok(JSON.stringify({ error })), status: 500 };
}

/** `GET /metrics`. */
export const getMetrics: Handler = async (_request, _rest, { scrape }) => {
  const { text, type } = await scrape();
  return { status: 200, headers: { "Content-Type": type }, body: text };
};

/** `GET /`. */
export const getIndex: Handler = async () => ({
  status: 200,
  headers: { "Content-Type": "text/html; charset=utf-8" },
  body: `<html><body><p>Portcullis, with the API of Open Policy Agent ${opaVersion}.</p></body></html>\n`,
});
