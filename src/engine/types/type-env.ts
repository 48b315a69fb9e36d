import type { Body, RefTerm, Term } from "../syntax/ast.ts";
import { constantKey } from "./constant-key.ts";
import {
  anyType,
  booleanType,
  createArray,
  createObject,
  createSet,
  type DynamicProperty,
  type MaybeType,
  nullType,
  numberType,
  type StaticProperty,
  select,
  stringType,
  unite,
  valuesOf,
} from "./type.ts";
import {
  childOf,
  createTypeTree,
  extentType,
  putType,
  type TypeTree,
} from "./type-tree.ts";

/** Checks a body and returns the environment with its variables, if it is sound. */
export type CheckBody = (env: TypeEnv, body: Body) => TypeEnv | undefined;

/** Types of documents, functions and variables, scope within scope. */
export class TypeEnv {
  readonly tree: TypeTree;
  readonly outer: TypeEnv | undefined;
  /** Where types found for variables are kept. */
  readonly vars: TypeTree;
  private readonly checkBody: CheckBody;
  /** Counts the variables that got types here. */
  private version = 0;
  private readonly closures = new Map<
    Body,
    { readonly version: number; readonly inside: TypeEnv | undefined }
  >();

  constructor(
    checkBody: CheckBody,
    outer?: TypeEnv,
    tree: TypeTree = createTypeTree(),
    vars: TypeTree = tree,
  ) {
    this.checkBody = checkBody;
    this.outer = outer;
    this.tree = tree;
    this.vars = vars;
  }

  /** A scope inside this one. */
  wrap(): TypeEnv {
    return new TypeEnv(this.checkBody, this);
  }

  /** A scope whose variables are kept here: for one expression under `with`. */
  wrapWith(tree: TypeTree = createTypeTree()): TypeEnv {
    return new TypeEnv(this.checkBody, this, tree, this.vars);
  }

  putVar(term: Term, type: MaybeType): void {
    this.version += 1;
    putType(this.vars, [term], type);
  }

  /** Keeps the scope of a sound comprehension body for those who ask again. */
  remember(body: Body, inside: TypeEnv | undefined): void {
    this.closures.set(body, { version: this.age(), inside });
  }

  /** The scope of a comprehension's body; undefined when it has faults. */
  private closure(body: Body): TypeEnv | undefined {
    const known = this.closures.get(body);
    if (known?.version === this.age()) {
      return known.inside;
    }
    const inside = this.checkBody(this, body);
    this.remember(body, inside);
    return inside;
  }

  /** Grows with each variable that gets a type here or around. */
  private age(): number {
    return this.version + (this.outer?.age() ?? 0);
  }

  /** The type of a term; undefined when it is not known. */
  typeOf(term: Term): MaybeType {
    switch (term.kind) {
      case "null":
        return nullType;
      case "boolean":
        return booleanType;
      case "number":
        return numberType;
      case "string":
      case "templatestring":
        return stringType;
      case "array":
        return createArray(
          term.value.map((item) => this.typeOf(item)),
          term.value.length === 0 ? anyType : undefined,
        );
      case "object":
        return this.typeOfObject(term.value);
      case "set":
        return createSet(
          term.value.reduce<MaybeType>(
            (known, item) => unite(known, this.typeOf(item)),
            undefined,
          ) ?? anyType,
        );
      case "arraycomprehension": {
        const inside = this.closure(term.body);
        return inside && createArray([], inside.typeOf(term.term));
      }
      case "setcomprehension": {
        const inside = this.closure(term.body);
        return inside && createSet(inside.typeOf(term.term));
      }
      case "objectcomprehension": {
        const inside = this.closure(term.body);
        return (
          inside &&
          createObject([], {
            key: inside.typeOf(term.key),
            value: inside.typeOf(term.value),
          })
        );
      }
      case "ref":
        return this.typeOfRef(term.value);
      case "var": {
        const node = childOf(this.tree, term);
        return node ? node.type : this.outer?.typeOf(term);
      }
      case "call":
        return undefined;
    }
  }

  private typeOfObject(entries: readonly (readonly [Term, Term])[]): MaybeType {
    const fixed: StaticProperty[] = [];
    let dynamic: DynamicProperty | undefined;
    for (const [term, value] of entries) {
      const key = constantKey(term);
      if (key) {
        fixed.push({ key, value: this.typeOf(value) });
      } else {
        dynamic = { key: this.typeOf(term), value: this.typeOf(value) };
      }
    }
    return fixed.length === 0 && !dynamic
      ? createObject([], { key: anyType, value: anyType })
      : createObject(fixed, dynamic);
  }

  /** The type of what a ref reaches. */
  typeOfRef(ref: RefTerm["value"]): MaybeType {
    const [head] = ref;
    const node = head && childOf(this.tree, head);
    return node ? this.below(node, ref, 1) : this.fallback(ref);
  }

  private fallback(ref: readonly Term[]): MaybeType {
    if (this.outer) {
      return this.outer.typeOfRef(ref);
    }
    return isRootName(ref[0]) ? anyType : undefined;
  }

  /** The type of what a ref reaches from a node, by its keys from one on. */
  private below(
    node: TypeTree,
    ref: readonly Term[],
    index: number,
  ): MaybeType {
    const key = ref[index];
    if (!key) {
      return extentType(node);
    }
    const child = childOf(node, key);
    if (node.type) {
      return child
        ? this.below(child, ref, index + 1)
        : selectRef(node.type, ref, index);
    }
    if (!constantKey(key)) {
      return selectRef(extentType(node), ref, index);
    }
    return child ? this.below(child, ref, index + 1) : this.fallback(ref);
  }
}

/** `data` or `input`. */
export function isRootName(term: Term | undefined): boolean {
  return (
    term?.kind === "var" && (term.value === "data" || term.value === "input")
  );
}

/** The type of what a ref's keys from one on select from a type. */
function selectRef(
  type: MaybeType,
  ref: readonly Term[],
  index: number,
): MaybeType {
  const key = ref[index];
  if (!type || !key) {
    return type;
  }
  switch (key.kind) {
    case "var":
    case "ref":
    case "array":
    case "object":
    case "set":
      return selectRef(valuesOf(type), ref, index + 1);
    default: {
      const constant = constantKey(key);
      const selected = constant && select(type, constant);
      return selectRef(selected, ref, index + 1);
    }
  }
}
