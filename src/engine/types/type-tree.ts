import type { Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/compare-terms.ts";
import { printTerm } from "../syntax/print.ts";
import { constantKey } from "./constant-key.ts";
import {
  type AnyType,
  anyType,
  createObject,
  createSet,
  type DynamicProperty,
  type MaybeType,
  type ObjectType,
  type StaticProperty,
  stringType,
  type Type,
  unite,
  unwrap,
} from "./type.ts";

/** Types by the path of what they are the types of. */
export type TypeTree = {
  readonly key: Term | undefined;
  type: MaybeType;
  readonly children: Map<string, TypeTree>;
};

export function createTypeTree(key?: Term): TypeTree {
  return { key, type: undefined, children: new Map() };
}

/** The node under a key; a variable and a string of one name are two keys. */
export function childOf(tree: TypeTree, key: Term): TypeTree | undefined {
  return tree.children.get(keyName(key));
}

function keyName(key: Term): string {
  switch (key.kind) {
    case "var":
      return key.value;
    case "string":
      // Not as printed, which takes longer; nothing else begins with a quote.
      return `"${key.value}`;
    default:
      return printTerm(key);
  }
}

/** The keys of the nodes below one, in order. */
export function childKeys({ children }: TypeTree): Term[] {
  return [...children.values()]
    .flatMap(({ key }) => key ?? [])
    .sort(compareTerms);
}

function makeChild(tree: TypeTree, key: Term): TypeTree {
  const name = keyName(key);
  const known = tree.children.get(name);
  if (known) {
    return known;
  }
  const child = createTypeTree(key);
  tree.children.set(name, child);
  return child;
}

/** Sets the type at a path. */
export function putType(
  tree: TypeTree,
  path: readonly Term[],
  type: MaybeType,
): void {
  let node = tree;
  for (const key of path) {
    node = makeChild(node, key);
  }
  node.type = type;
}

/** The type of everything at and below a node. */
export function extentType(node: TypeTree): Type {
  if (node.type) {
    return node.type;
  }
  const fixed: StaticProperty[] = [];
  for (const child of node.children.values()) {
    const key = child.key && constantKey(child.key);
    if (key) {
      fixed.push({ key, value: extentType(child) });
    }
  }
  // Base documents may stand beside what the rules make.
  return createObject(fixed, { key: stringType, value: anyType });
}

/**
 * Adds the type of a rule at its path: types of one path are merged, and an
 * object on the way takes up what is put inside it.
 */
export function insertType(
  tree: TypeTree,
  path: readonly Term[],
  type: Type,
  typeOfKey: (key: Term) => MaybeType,
): void {
  let node = tree;
  for (const [index, key] of path.entries()) {
    const child = makeChild(node, key);
    const object = unwrap(child.type);
    if (object?.kind === "object" && index + 1 < path.length) {
      const keys = path.slice(index + 1).map(typeOfKey);
      child.type = insertInto(object, keys, type);
    }
    node = child;
  }
  node.type = merge(node.type, type);
  if (unwrap(type)?.kind !== "object" || node.children.size === 0) {
    return;
  }
  for (const { path: below, type: leaf } of leaves(node)) {
    const object = unwrap(node.type);
    if (object?.kind === "object") {
      node.type = insertInto(object, below.map(typeOfKey), leaf);
    }
  }
}

type Leaf = { readonly path: readonly Term[]; readonly type: Type };

function leaves(node: TypeTree): Leaf[] {
  return [...node.children.values()].flatMap((child): Leaf[] => {
    const { key, type } = child;
    const path = key ? [key] : [];
    return type
      ? [{ path, type }]
      : leaves(child).map((leaf) => ({
          ...leaf,
          path: [...path, ...leaf.path],
        }));
  });
}

function insertInto(
  object: ObjectType,
  [key, ...rest]: readonly MaybeType[],
  type: Type,
): ObjectType {
  const value =
    rest.length === 0
      ? type
      : insertInto(createObject([], undefined), rest, type);
  const { dynamic } = object;
  const added: DynamicProperty = dynamic
    ? { key: unite(dynamic.key, key), value: unite(dynamic.value, value) }
    : { key, value };
  return createObject(object.static, added);
}

function merge(left: MaybeType, right: MaybeType): MaybeType {
  if (!left || !right) {
    return left ?? right;
  }
  const [a, b] = [unwrap(left), unwrap(right)];
  if (a.kind === "object" && b.kind === "object") {
    return a.static.length === 0 && b.static.length === 0
      ? createObject([], {
          key: unite(a.dynamic?.key, b.dynamic?.key),
          value: merge(a.dynamic?.value, b.dynamic?.value),
        })
      : unite(a, b);
  }
  if (a.kind === "set" && b.kind === "set") {
    return createSet(unite(a.of, b.of));
  }
  if (isOpen(a) && b.kind === "any") {
    return mergeInto(b, a) ?? unite(a, b);
  }
  return isOpen(b) && a.kind === "any" ? merge(b, a) : unite(a, b);
}

type OpenObject = ObjectType & { readonly dynamic: DynamicProperty };

/** Whether a type is an object without keys of its own. */
function isOpen(type: Type): type is OpenObject {
  return (
    type.kind === "object" &&
    type.static.length === 0 &&
    type.dynamic !== undefined
  );
}

/** The alternatives with the object in the first that is such an object; OPA keeps their order. */
function mergeInto(
  { kind, of }: AnyType,
  { dynamic }: OpenObject,
): AnyType | undefined {
  const at = of.findIndex(isOpen);
  const known = of[at];
  if (!known || !isOpen(known)) {
    return undefined;
  }
  const merged = createObject([], {
    key: unite(known.dynamic.key, dynamic.key),
    value: unite(known.dynamic.value, dynamic.value),
  });
  return { kind, of: of.with(at, merged) };
}
