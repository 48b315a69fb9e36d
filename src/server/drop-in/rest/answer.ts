import { PolicyError } from "../../../engine/index.ts";
import { CompileFaults } from "../compiled-queries.ts";
import { DataFault } from "../data-update.ts";
import { errorJson } from "../error-json.ts";
import { escapeHtml, indentJson, objectJson } from "../json-text.ts";

/** What is answered to a request. */
export type RestAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const jsonType = { "Content-Type": "application/json" };

/** Status 200 with a JSON document. */
export function ok(json: string, isPretty = false): RestAnswer {
  const escaped = escapeHtml(json);
  return {
    status: 200,
    headers: jsonType,
    body: `${isPretty ? indentJson(escaped) : escaped}\n`,
  };
}

export function noContent(status = 204): RestAnswer {
  return { status, headers: {}, body: "" };
}

/** A failure as OPA's API tells it. */
export class ApiFault extends Error {
  readonly status: number;
  readonly code: ApiCode;
  /** JSON texts of the errors behind it. */
  readonly errors: readonly string[];

  constructor(
    status: number,
    code: ApiCode,
    message: string,
    errors: readonly string[] = [],
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

type ApiCode =
  | "internal_error"
  | "invalid_operation"
  | "invalid_parameter"
  | "resource_conflict"
  | "resource_not_found"
  | "unauthorized"
  | "undefined_document";

export function invalid(message: string, errors?: readonly string[]): ApiFault {
  return new ApiFault(400, "invalid_parameter", message, errors);
}

/** The answer for whatever went wrong; of a fault of the server itself it tells nothing. */
export function faultAnswer(
  thrown: unknown,
  onError: (error: Error) => void,
): RestAnswer {
  const fault = toApiFault(thrown);
  const isOurs = isInternal(thrown);
  if (isOurs) {
    onError(fault);
  }
  const { code, errors, message, status } = isOurs
    ? new ApiFault(500, "internal_error", "internal error")
    : fault;
  const json = objectJson([
    ["code", JSON.stringify(code)],
    ["message", JSON.stringify(message)],
    ["errors", errors.length > 0 ? `[${errors.join(",")}]` : undefined],
  ]);
  return {
    status,
    headers: jsonType,
    body: `${indentJson(escapeHtml(json))}\n`,
  };
}

function isInternal(thrown: unknown): boolean {
  return (
    !(thrown instanceof ApiFault) &&
    !(thrown instanceof DataFault) &&
    !(thrown instanceof CompileFaults) &&
    PolicyError.from(thrown).code === "internal_error"
  );
}

export function toApiFault(thrown: unknown): ApiFault {
  if (thrown instanceof ApiFault) {
    return thrown;
  }
  if (thrown instanceof DataFault) {
    return dataFault(thrown);
  }
  if (thrown instanceof CompileFaults) {
    return new ApiFault(500, "internal_error", countedErrors(thrown.errors));
  }
  const error = PolicyError.from(thrown);
  return error.code.startsWith("eval_")
    ? new ApiFault(
        500,
        "internal_error",
        "error(s) occurred while evaluating query",
        [errorJson(error)],
      )
    : new ApiFault(500, "internal_error", error.message);
}

function dataFault({ kind, message }: DataFault): ApiFault {
  switch (kind) {
    case "not_found":
      return new ApiFault(404, "resource_not_found", message);
    case "conflict":
      return new ApiFault(404, "resource_conflict", message);
    case "invalid":
      return invalid(message);
  }
}

/** Errors as OPA writes a list of them: `1 error occurred: …`. */
export function countedErrors(errors: readonly PolicyError[]): string {
  const texts = errors.map(({ code, details, location, rawMessage }) => {
    const place = location
      ? location.file === ""
        ? `${location.row}:${location.col}: `
        : `${location.file}:${location.row}: `
      : "";
    const more = (details?.lines ?? []).map((line) => `\n\t${line}`).join("");
    return `${place}${code}: ${rawMessage}${more}`;
  });
  return texts.length === 1
    ? `1 error occurred: ${texts[0]}`
    : `${texts.length} errors occurred:\n${texts.join("\n")}`;
}
