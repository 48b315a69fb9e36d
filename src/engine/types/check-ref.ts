import type { PolicyError } from "../error.ts";
import type { RefTerm, Term } from "../syntax/ast.ts";
import { sortTerms } from "../syntax/compare-terms.ts";
import { constantKey, keyTerm } from "./constant-key.ts";
import {
  anyType,
  keysOf,
  type MaybeType,
  type PropertyKey,
  select,
  stringType,
  unwrap,
  valuesOf,
} from "./type.ts";
import { isRootName, type TypeEnv } from "./type-env.ts";
import { type RefFault, refFault } from "./type-fault.ts";
import { childKeys, childOf, extentType, type TypeTree } from "./type-tree.ts";
import { unifies } from "./unifies.ts";
import { unifyTerm } from "./unify-term.ts";

/** Checks that a ref may reach something; types its variables on the way. */
export class RefChecker {
  private readonly env: TypeEnv;
  /** The ref with the author's names, for errors. */
  private readonly written: (ref: RefTerm) => RefTerm;

  constructor(env: TypeEnv, written: (ref: RefTerm) => RefTerm) {
    this.env = env;
    this.written = written;
  }

  check(ref: RefTerm): PolicyError | undefined {
    const type = this.env.typeOfRef(ref.value);
    if (type?.kind === "function") {
      const position = ref.value.length - 1;
      return this.fail(ref, { position, have: type });
    }
    return this.walk(this.env, this.env.tree, ref, 0);
  }

  private fail(ref: RefTerm, fault: RefFault): PolicyError {
    const [head] = ref.value;
    return refFault(this.written(ref), head?.location ?? ref.location, fault);
  }

  private walk(
    env: TypeEnv,
    node: TypeTree,
    ref: RefTerm,
    index: number,
  ): PolicyError | undefined {
    const key = ref.value[index];
    if (!key) {
      return undefined;
    }
    const isName = key.kind === "var" || key.kind === "string";
    if ((index === 1 || index === 2) && !isName) {
      const have = this.env.typeOf(key);
      const want = stringType;
      return this.fail(ref, {
        position: index,
        have,
        want,
        oneOf: childKeys(node),
        invalid: true,
      });
    }
    if (key.kind === "var" && index !== 0) {
      const keys = keysOf(extentType(node));
      const known = this.env.typeOf(key);
      if (!known) {
        this.env.putVar(key, keys);
      } else if (!unifies(keys, known)) {
        return this.fail(ref, {
          position: index,
          have: known,
          want: keys,
          oneOf: childKeys(node),
          invalid: true,
        });
      }
    }
    const child = childOf(node, key);
    if (!child) {
      return this.walkOn(env, node, ref, index);
    }
    return child.type
      ? this.leaf(child.type, ref, index + 1)
      : this.walk(env, child, ref, index + 1);
  }

  /** Where the tree of a scope ends, the scope around it is asked. */
  private walkOn(
    env: TypeEnv,
    node: TypeTree,
    ref: RefTerm,
    index: number,
  ): PolicyError | undefined {
    if (env.outer) {
      return this.walk(env.outer, env.outer.tree, ref, 0);
    }
    if (!isRootName(ref.value[0])) {
      return this.leaf(anyType, ref, 0);
    }
    if (index === 0) {
      return this.leaf(anyType, ref, 1);
    }
    for (const child of node.children.values()) {
      this.walk(env, child, ref, index + 1);
    }
    return undefined;
  }

  private leaf(
    type: MaybeType,
    ref: RefTerm,
    index: number,
  ): PolicyError | undefined {
    const key = ref.value[index];
    if (!key) {
      return undefined;
    }
    const keys = keysOf(type);
    if (!keys) {
      return this.fail(ref, { position: index - 1, have: type });
    }
    const invalid = (have: MaybeType): PolicyError =>
      this.fail(ref, {
        position: index,
        have,
        want: keys,
        oneOf: isComposite(key) ? undefined : keysIn(type),
        invalid: true,
      });
    switch (key.kind) {
      case "var": {
        const known = this.env.typeOf(key);
        if (!known) {
          this.env.putVar(key, keys);
        } else if (!unifies(known, keys)) {
          return invalid(known);
        }
        break;
      }
      case "ref": {
        const known = this.env.typeOfRef(key.value);
        if (known && !unifies(known, keys)) {
          return invalid(known);
        }
        break;
      }
      case "array":
      case "object":
      case "set":
        if (!unifyTerm(this.env, key, keys)) {
          return invalid(this.env.typeOf(key));
        }
        break;
      default: {
        const constant = constantKey(key);
        const child = constant && select(type, constant);
        return child ? this.leaf(child, ref, index + 1) : invalid(undefined);
      }
    }
    return this.leaf(valuesOf(type), ref, index + 1);
  }
}

/** The keys that a type is known to have, in order; undefined for none. */
function keysIn(type: MaybeType): Term[] | undefined {
  const keys = sortTerms(propertiesOf(type).map(keyTerm));
  return keys.length === 0 ? undefined : keys;
}

function propertiesOf(type: MaybeType): PropertyKey[] {
  const plain = unwrap(type);
  switch (plain?.kind) {
    case "object":
      return plain.static.map(({ key }) => key);
    case "any":
      return plain.of.flatMap(propertiesOf);
    default:
      return [];
  }
}

function isComposite({ kind }: Term): boolean {
  return kind === "array" || kind === "object" || kind === "set";
}

/** Every ref of a term outside its comprehensions, each before its parts. */
export function refsOf(term: Term): RefTerm[] {
  switch (term.kind) {
    case "ref":
      return [term, ...term.value.flatMap(refsOf)];
    case "array":
    case "set":
      return term.value.flatMap(refsOf);
    case "object":
      return term.value.flat().flatMap(refsOf);
    case "call":
      return term.operands.flatMap(refsOf);
    default:
      return [];
  }
}
