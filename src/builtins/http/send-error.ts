import {
  BuiltinError,
  OperandError,
  RegoObject,
  type Value,
} from "../../engine/builtins/index.ts";

/** No answer came: what Go calls a `url.Error`. */
export class NetworkError extends BuiltinError {
  override readonly name = "NetworkError";
  /** What an evaluation reports that raises errors. */
  readonly raised: string;

  constructor(operation: string, url: string, detail: string) {
    super(`${operation} "${url}": ${detail}`);
    this.raised = detail.includes("Client.Timeout exceeded")
      ? `${operation} ${url}: request timed out`
      : this.message;
  }
}

/** An error that OPA reports without its place. */
export class UnplacedError extends BuiltinError {
  override readonly name = "UnplacedError";
}

/** The answer of a call that does not raise its errors; `place` is the call's. */
export function errorAnswer(error: BuiltinError, place: string): Value {
  const isNetwork = error instanceof NetworkError;
  const code = error instanceof OperandError ? "type" : "builtin";
  const message =
    isNetwork || error instanceof UnplacedError
      ? error.message
      : `${place}eval_${code}_error: http.send: ${error.message}`;
  return RegoObject.of([
    ["status_code", 0],
    [
      "error",
      RegoObject.of([
        ["code", `eval_http_send_${isNetwork ? "network" : "internal"}_error`],
        ["message", message],
      ]),
    ],
  ]);
}
