import { attributesJson } from "../ext-authz/attributes-json.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { readResponseJson, responseJson } from "../ext-authz/proto-json.ts";
import {
  type AnswerDifference,
  answerTexts,
  type Ignored,
} from "./answer-parts.ts";
import {
  hidden,
  isSecretName,
  isSecretParameter,
  maskText,
} from "./mask-text.ts";

/** A check that can be replayed, without what is secret in it. */
export type ComparedSample = {
  /** CheckRequest and the reference's CheckResponse, protobuf-JSON. */
  readonly request: unknown;
  readonly response: unknown;
  /** Pointers to what was taken out. */
  readonly masked: readonly string[];
  readonly differences: readonly AnswerDifference[];
};

type ComparedCheck = {
  readonly request: CheckRequest;
  readonly reference: CheckResponse;
  readonly native: CheckResponse;
  readonly ignored: Ignored;
  readonly differences: readonly AnswerDifference[];
};

type Json = { [name: string]: unknown };

/** Hears the pointer to what was masked. */
type Note = (pointer: string) => void;

/** Takes out bodies, credentials and what names say is secret, of both answers too. */
export function toSample({
  differences,
  ignored,
  native,
  reference,
  request,
}: ComparedCheck): ComparedSample {
  const masked: string[] = [];
  const note: Note = (pointer) => masked.push(pointer);
  const attributes = maskAttributes(request.attributes ?? {}, note);
  const response = maskResponse(reference, note);
  const theirs = answerTexts(readResponseJson(response), ignored);
  const ours = answerTexts(
    readResponseJson(maskResponse(native, () => {})),
    ignored,
  );
  return {
    request: { attributes },
    response,
    masked,
    differences: differences.map(({ part }) => ({
      part,
      reference: theirs[part],
      native: ours[part],
    })),
  };
}

const attributesPointer = "/request/attributes";

function maskAttributes(
  attributes: NonNullable<CheckRequest["attributes"]>,
  note: Note,
): Json {
  const shown = JSON.parse(attributesJson(attributes)) as Json;
  const at = attributesPointer;
  for (const peer of ["source", "destination"]) {
    maskMembers(shown[peer], ["labels"], `${at}/${peer}`, note);
  }
  maskMembers(shown, ["contextExtensions"], at, note);
  for (const name of ["metadataContext", "routeMetadataContext"]) {
    maskMembers(shown[name], ["filterMetadata"], `${at}/${name}`, note);
    maskTyped(shown[name], `${at}/${name}/typedFilterMetadata`, note);
  }
  const { http } = (shown["request"] ?? {}) as { readonly http?: Json };
  if (http) {
    maskHttp(http, `${at}/request/http`, note);
  }
  return shown;
}

function maskHttp(http: Json, at: string, note: Note): void {
  for (const name of ["body", "rawBody"]) {
    if (http[name] !== undefined) {
      delete http[name];
      note(`${at}/${name}`);
    }
  }
  maskMembers(http, ["headers", "headerMap", "path"], at, note);
  for (const name of ["query", "fragment"]) {
    const text = http[name];
    if (typeof text === "string") {
      http[name] = changed(text, maskText(`?${text}`).slice(1), () =>
        note(`${at}/${name}`),
      );
    }
  }
}

/** What is packed in bytes has no names to go by. */
function maskTyped(metadata: unknown, at: string, note: Note): void {
  const { typedFilterMetadata = {} } = (metadata ?? {}) as {
    readonly typedFilterMetadata?: Readonly<Record<string, Json>>;
  };
  for (const [name, any] of Object.entries(typedFilterMetadata)) {
    if (any["value"] !== undefined) {
      delete any["value"];
      note(`${at}/${escapePointer(name)}`);
    }
  }
}

function maskResponse(response: CheckResponse, note: Note): Json {
  const shown = JSON.parse(responseJson(response)) as Json;
  for (const name of ["okResponse", "deniedResponse", "errorResponse"]) {
    const at = `/response/${name}`;
    maskParameters(shown[name], `${at}/queryParametersToSet`, note);
    maskMembers(shown[name], answerLists, at, note);
    maskWhole(shown[name], "body", at, note);
  }
  maskWhole(shown["status"], "message", "/response/status", note);
  maskMembers(shown, ["dynamicMetadata"], "/response", note);
  return shown;
}

const answerLists = ["headers", "responseHeadersToAdd", "queryParametersToSet"];

/** More names are secret among parameters than elsewhere. */
function maskParameters(answer: unknown, at: string, note: Note): void {
  const { queryParametersToSet = [] } = (answer ?? {}) as {
    readonly queryParametersToSet?: readonly Pair[];
  };
  for (const [index, pair] of queryParametersToSet.entries()) {
    if (isSecretParameter(pair.key)) {
      Object.assign(pair, { value: hidden });
      note(`${at}/${index}`);
    }
  }
}

function maskWhole(holder: unknown, name: string, at: string, note: Note) {
  const members = (holder ?? {}) as Json;
  if (members[name] !== undefined && members[name] !== "") {
    members[name] = hidden;
    note(`${at}/${name}`);
  }
}

function maskMembers(
  holder: unknown,
  names: readonly string[],
  at: string,
  note: Note,
): void {
  const members = (holder ?? {}) as Json;
  for (const name of names.filter((one) => members[one] !== undefined)) {
    members[name] = maskTree(members[name], `${at}/${name}`, note);
  }
}

/** A document without what its names, or the forms of its texts, say is secret. */
function maskTree(value: unknown, at: string, note: Note): unknown {
  if (typeof value === "string") {
    return changed(value, maskText(value), () => note(at));
  }
  if (Array.isArray(value)) {
    return value.map((one, index) => maskTree(one, `${at}/${index}`, note));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const members = Object.entries(value);
  const { key } = value as Json;
  if (typeof key === "string") {
    return maskPair(value as Pair, at, note);
  }
  return Object.fromEntries(
    members.map(([name, one]) => {
      const place = `${at}/${escapePointer(name)}`;
      if (isSecretName(name)) {
        note(place);
        return [name, hidden];
      }
      return [name, maskTree(one, place, note)];
    }),
  );
}

/** A header or a parameter: its name is one of its members. */
type Pair = Json & { readonly key: string };

function maskPair(pair: Pair, at: string, note: Note): Json {
  const { key, rawValue, ...others } = pair;
  if (isSecretName(key)) {
    // A parameter may have been masked by its name before.
    if (others["value"] !== hidden) {
      note(at);
    }
    return { ...others, key, value: hidden };
  }
  const raw = Buffer.from(String(rawValue ?? ""), "base64").toString("latin1");
  const masked = maskText(raw);
  const shown = Object.fromEntries(
    Object.entries(others).map(([name, one]) => [
      name,
      // The pair is what is named, whichever of its members was masked.
      maskTree(one, at, note),
    ]),
  );
  if (masked !== raw) {
    note(at);
  }
  return {
    key,
    ...shown,
    ...(rawValue !== undefined && {
      rawValue: Buffer.from(masked, "latin1").toString("base64"),
    }),
  };
}

function changed(text: string, masked: string, note: () => void): string {
  if (text !== masked) {
    note();
  }
  return masked;
}

function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
