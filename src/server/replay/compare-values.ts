import {
  equalValues,
  parseJson,
  RegoObject,
  type Value,
} from "../../engine/index.ts";
import type { Change, ChangeKind } from "./judgement.ts";

/** How a decision ended: JSON text, nothing, or an error's text. */
export type Ending = {
  readonly json?: string | undefined;
  readonly error?: string | undefined;
};

/** The difference of two endings; undefined when they are the same. */
export function compareEndings(
  target: string,
  recorded: Ending,
  replayed: Ending,
): Change | undefined {
  const shown = { recorded: textOf(recorded), replayed: textOf(replayed) };
  const whole = { target, rule: target, ...shown };
  if (recorded.error !== undefined || replayed.error !== undefined) {
    // The words of an error may differ from version to version.
    const isSame =
      (recorded.error === undefined) === (replayed.error === undefined);
    const kind = recorded.error === undefined ? "became-error" : "error-gone";
    return isSame ? undefined : { ...whole, kind };
  }
  if (recorded.json === replayed.json) {
    return undefined;
  }
  if (recorded.json === undefined || replayed.json === undefined) {
    const kind =
      recorded.json === undefined ? "became-defined" : "became-undefined";
    return { ...whole, kind };
  }
  const before = parseJson(recorded.json);
  const after = parseJson(replayed.json);
  return equalValues(before, after)
    ? undefined
    : {
        ...whole,
        rule: ruleOf(target, before, after),
        kind: kindOf(before, after),
      };
}

function textOf({ error, json }: Ending): string {
  return error === undefined ? (json ?? "undefined") : `error: ${error}`;
}

/** The members that differ, where a whole package was asked for. */
function ruleOf(target: string, before: Value, after: Value): string {
  if (!(before instanceof RegoObject && after instanceof RegoObject)) {
    return target;
  }
  const names = [before, after].flatMap(({ entries }) =>
    entries.map(([name]) => name),
  );
  const differing = [...new Set(names)].filter((name) => {
    const [one, other] = [before.get(name), after.get(name)];
    return one === undefined || other === undefined || !equalValues(one, other);
  });
  return `${target}.{${differing.map(String).sort().join(",")}}`;
}

function kindOf(before: Value, after: Value): ChangeKind {
  const [was, is] = [verdictOf(before), verdictOf(after)];
  if (was === is || was === undefined || is === undefined) {
    return "value";
  }
  return was ? "allow-to-deny" : "deny-to-allow";
}

/** What a decision means, in the forms that policies commonly give it. */
function verdictOf(value: Value): boolean | undefined {
  const verdict =
    value instanceof RegoObject
      ? (value.get("allowed") ?? value.get("allow"))
      : value;
  return typeof verdict === "boolean" ? verdict : undefined;
}
