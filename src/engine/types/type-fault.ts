import { type ErrorDetails, PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { RefTerm, Term } from "../syntax/ast.ts";
import { termsJson, valueJson } from "../syntax/ast-json.ts";
import { jsonObject } from "../syntax/json-text.ts";
import { printRef, printTerm } from "../syntax/print.ts";
import { printArgs, printType } from "./print-type.ts";
import { type FunctionType, isUnknown, type MaybeType } from "./type.ts";
import { argsJson, typeJson } from "./type-json.ts";

/** A type error, with whether it comes from a type that is not known. */
export type TypeFault = {
  readonly error: PolicyError;
  readonly fromUnknown: boolean;
};

/** What is wrong with a ref at one of its parts. */
export type RefFault = {
  readonly position: number;
  readonly have: MaybeType;
  readonly want?: MaybeType;
  /** The keys that there are, in order; none for a key that is a composite. */
  readonly oneOf?: readonly Term[] | undefined;
  /** The key does not fit; else the value has no keys at all. */
  readonly invalid?: boolean;
};

/** A ref that can reach nothing. */
export function refFault(
  ref: RefTerm,
  location: Location,
  fault: RefFault,
): PolicyError {
  const text = printRef(ref);
  const message =
    fault.have?.kind === "function" && !fault.invalid
      ? `function ${functionName(ref)} used as reference, not called`
      : `undefined ref: ${text}`;
  const lines = fault.invalid
    ? invalidLines(ref, text, fault)
    : [
        text,
        "^".repeat(widthOf(ref, fault.position + 1)),
        `have: ${printType(fault.have)}`,
      ];
  const details = { lines, json: refJson(ref, fault) };
  return new PolicyError("rego_type_error", message, { location, details });
}

function refJson(
  ref: RefTerm,
  { have, invalid, oneOf, position, want }: RefFault,
): NonNullable<ErrorDetails["json"]> {
  const known = {
    ref: termsJson(ref.value),
    pos: { number: String(position) },
    have: have && typeJson(have),
  };
  return jsonObject(
    invalid
      ? { ...known, want: typeJson(want), oneOf: oneOf?.map(valueJson) ?? null }
      : known,
  );
}

function functionName(ref: RefTerm): string {
  const last = ref.value.at(-1);
  const isLocal = last !== undefined && /__local\d+__/.test(printTerm(last));
  return isLocal ? prefix(ref, ref.value.length - 1) : printRef(ref);
}

function prefix(ref: RefTerm, length: number): string {
  return printRef({ ...ref, value: ref.value.slice(0, length) });
}

/** How wide OPA takes the first parts of a ref to be: it counts bytes. */
function widthOf(ref: RefTerm, length: number): number {
  return new TextEncoder().encode(prefix(ref, length)).length;
}

function invalidLines(
  ref: RefTerm,
  text: string,
  { have, oneOf = [], position, want }: RefFault,
): string[] {
  const pad = " ".repeat(widthOf(ref, position) + 1);
  const key = ref.value[position];
  return [
    text,
    `${pad}^`,
    have
      ? `${pad}have (type): ${printType(have)}`
      : `${pad}have: ${key ? printTerm(key) : ""}`,
    oneOf.length > 0
      ? `${pad}want (one of): [${oneOf.map(printTerm).join(" ")}]`
      : `${pad}want (type): ${printType(want)}`,
  ];
}

/** A call whose operands do not fit. */
export function argumentFault(
  name: string,
  message: string,
  location: Location,
  types: { readonly have: readonly MaybeType[]; readonly want: FunctionType },
): TypeFault {
  const { have, want } = types;
  const withResult = want.result && message !== "arity mismatch";
  const args = withResult ? [...want.args, want.result] : want.args;
  const details = {
    lines: [
      `have: (${have.map(printType).join(", ")})`,
      `want: ${printArgs(args, want.variadic)}`,
    ],
    json: jsonObject({
      have: have.map(typeJson),
      want: argsJson(args, want.variadic),
    }),
  };
  const error = new PolicyError("rego_type_error", `${name}: ${message}`, {
    location,
    details,
  });
  return { error, fromUnknown: have.some((type) => isUnknown(type)) };
}

/** Two terms that are never equal. */
export function matchFault(
  location: Location,
  left: MaybeType,
  right: MaybeType,
): TypeFault {
  const details = {
    lines: [`left  : ${printType(left)}`, `right : ${printType(right)}`],
    json: jsonObject({ a: typeJson(left), b: typeJson(right) }),
  };
  const error = new PolicyError("rego_type_error", "match error", {
    location,
    details,
  });
  return { error, fromUnknown: isUnknown(left) || isUnknown(right) };
}
