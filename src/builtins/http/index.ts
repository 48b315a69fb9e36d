import {
  type BuiltinContext,
  BuiltinError,
  type HostBuiltin,
  type RegoObject,
  toRego,
  type Value,
} from "../../engine/builtins/index.ts";
import { checkRequestKeys } from "../http-request.ts";
import { cacheKey, keptSeconds, performCached } from "./caching.ts";
import { raisesErrors, readFlagParameter, readRetries } from "./parameters.ts";
import { perform } from "./perform.ts";
import { type Reply, replyValue } from "./reply.ts";
import { readRequest } from "./request.ts";
import { errorAnswer, NetworkError } from "./send-error.ts";

/** `http.send(request)`: what a server answers, if the network policy names its host. */
const httpSend: HostBuiltin = {
  name: "http.send",
  nondeterministic: true,
  answersLater: true,
  run: ([operand], context) => {
    const given = operand as RegoObject;
    if (raisesErrors(given)) {
      return send(given, context, raise);
    }
    const place = placeText(context);
    const answer = (error: unknown) => {
      if (error instanceof BuiltinError) {
        return errorAnswer(error, place);
      }
      throw error;
    };
    try {
      return send(given, context, answer);
    } catch (error) {
      return answer(error);
    }
  },
};

export const httpBuiltins: readonly HostBuiltin[] = [httpSend];

function raise(error: unknown): never {
  throw error instanceof NetworkError ? new BuiltinError(error.raised) : error;
}

/** Throws for a request that is not well-formed before any is sent. */
function send(
  given: RegoObject,
  context: BuiltinContext,
  failed: (error: unknown) => Value,
): Promise<Value> {
  checkRequestKeys(given);
  const key = cacheKey(given);
  const slot = `http.send ${toRego(key)}`;
  const asked = context.decisionCache.get(slot);
  if (asked instanceof Promise) {
    return asked;
  }
  const decoding = {
    json: readFlagParameter(given, "force_json_decode"),
    yaml: readFlagParameter(given, "force_yaml_decode"),
  };
  const answered = reply(given, key, context)
    .then((one) => replyValue(one, decoding))
    .catch(failed);
  context.decisionCache.set(slot, answered);
  return answered;
}

function reply(
  given: RegoObject,
  key: RegoObject,
  context: BuiltinContext,
): Promise<Reply> {
  const { network, signal, now } = context;
  const seconds = keptSeconds(given);
  const request = readRequest(given, network);
  const bounds = { network, signal, retries: readRetries(given) };
  if (seconds === undefined) {
    return perform(request, bounds);
  }
  return performCached(
    {
      key: toRego(key),
      request,
      revalidation: readRequest(key, network),
      lifetime: { forcedSeconds: seconds, now: Number(now / 1_000_000n) },
      bounds,
    },
    context,
  );
}

/** `file:row: `, as OPA begins an error with its place. */
function placeText({ place }: BuiltinContext): string {
  const found = place();
  return found === undefined ? "" : `${found.file}:${found.row}: `;
}
