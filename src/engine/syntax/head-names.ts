import type { Rule, Term } from "./ast.ts";
import { isConstant } from "./attach-annotations.ts";

export type HeadNames = {
  readonly name: string | undefined;
  readonly key: Term | undefined;
  /** Whether a value that the author did not write has a place. */
  readonly isPlaced: boolean;
};

/** The older spelling of a head of up to two parts; else rules repeat it. */
export function headNames({ default: isDefault, head }: Rule): HeadNames {
  const [first, key, ...more] = head.ref.value;
  const name = first?.kind === "var" ? first.value : undefined;
  const none = { name: undefined, key: undefined, isPlaced: false };
  if (!key || more.length > 0) {
    return { ...none, name: key ? undefined : name };
  }
  const isFunction = head.args.length > 0;
  if (isDefault || head.keywords.includes("contains")) {
    return none;
  }
  if (head.keywords.includes("if")) {
    return {
      name: isFunction || !head.generatedValue ? name : undefined,
      key: isFunction || isConstant(key) ? undefined : key,
      isPlaced: !isFunction,
    };
  }
  return isFunction ? none : { ...none, name, key };
}

/** The key of a partial rule: of a set its element, of an object the last part of its ref. */
export function headKey(rule: Rule): Term | undefined {
  return rule.head.key ?? headNames(rule).key;
}
