import type { Module, Rule } from "../syntax/ast.ts";

/** The wildcards of heads that several bodies share: written twice, they need a name. */
export function sharedWildcards({ rules }: Module): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { head } of rules.filter(isChained)) {
    visit([head.ref, head.key, head.value], (node) => {
      if (node.kind === "var" && node.value?.startsWith("$")) {
        found.add(node.value);
      }
    });
  }
  return found;
}

/** A further body of a rule: its place is that body. */
function isChained({ location }: Rule): boolean {
  return location.text?.startsWith("{") === true;
}

const membership: ReadonlySet<string> = new Set(["member_2", "member_3"]);

/** The keywords of the language's future that a module's expressions are written with. */
export function usedKeywords(
  { imports, rules }: Module,
  text: string,
): ReadonlySet<string> {
  const used = new Set<string>();
  const mayUse =
    text.includes("internal.member_") ||
    imports.some(({ path }) => path.value.length > 1);
  if (!mayUse || !/\b(?:in|every|not|and|or|member_[23])\b/.test(text)) {
    return used;
  }
  visit(rules, ({ kind, operator }) => {
    if (kind === "every" || kind === "not" || kind === "and" || kind === "or") {
      used.add(kind);
    }
    const name = operator?.value[1];
    if (name?.kind === "string" && membership.has(name.value)) {
      used.add("in");
    }
  });
  return used;
}

/** How the compiler's own variables begin. */
export const generatedPrefix = "__local";

/** Whether a variable in a tree is named as the compiler names its own. */
export function hasGenerated(tree: unknown): boolean {
  let found = false;
  visit(tree, ({ kind, value }) => {
    found ||= kind === "var" && value?.startsWith(generatedPrefix) === true;
  });
  return found;
}

/** A node of the tree, as far as the scans above look. */
type Node = {
  readonly kind?: string;
  readonly value?: string;
  readonly operator?: {
    readonly value: readonly {
      readonly kind: string;
      readonly value: string;
    }[];
  };
};

/** Visits every node of a tree, whatever holds it. */
function visit(tree: unknown, found: (node: Node) => void): void {
  if (typeof tree !== "object" || tree === null) {
    return;
  }
  if (Array.isArray(tree)) {
    for (const item of tree) {
      visit(item, found);
    }
    return;
  }
  found(tree);
  for (const [name, part] of Object.entries(tree)) {
    if (name !== "location" && name !== "annotations") {
      visit(part, found);
    }
  }
}
