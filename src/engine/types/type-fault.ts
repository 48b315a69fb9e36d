import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type { RefTerm } from "../syntax/ast.ts";
import { printRef, printTerm } from "../syntax/print.ts";
import {
  type FunctionType,
  isUnknown,
  type MaybeType,
  printArgs,
  printType,
} from "./type.ts";

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
  readonly oneOf?: readonly string[];
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
  const details = fault.invalid
    ? invalidLines(ref, text, fault)
    : [
        text,
        "^".repeat(prefix(ref, fault.position + 1).length),
        `have: ${printType(fault.have)}`,
      ];
  return new PolicyError("rego_type_error", message, { location, details });
}

function functionName(ref: RefTerm): string {
  const last = ref.value.at(-1);
  const isLocal = last !== undefined && /__local\d+__/.test(printTerm(last));
  return isLocal ? prefix(ref, ref.value.length - 1) : printRef(ref);
}

function prefix(ref: RefTerm, length: number): string {
  return printRef({ ...ref, value: ref.value.slice(0, length) });
}

function invalidLines(
  ref: RefTerm,
  text: string,
  { have, oneOf = [], position, want }: RefFault,
): string[] {
  const pad = " ".repeat(prefix(ref, position).length + 1);
  const key = ref.value[position];
  return [
    text,
    `${pad}^`,
    have
      ? `${pad}have (type): ${printType(have)}`
      : `${pad}have: ${key ? printTerm(key) : ""}`,
    oneOf.length > 0
      ? `${pad}want (one of): [${oneOf.join(" ")}]`
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
  const args = want.result ? [...want.args, want.result] : want.args;
  const details = [
    `have: (${have.map(printType).join(", ")})`,
    `want: ${printArgs(message === "arity mismatch" ? want.args : args, want.variadic)}`,
  ];
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
  const details = [`left  : ${printType(left)}`, `right : ${printType(right)}`];
  const error = new PolicyError("rego_type_error", "match error", {
    location,
    details,
  });
  return { error, fromUnknown: isUnknown(left) || isUnknown(right) };
}
