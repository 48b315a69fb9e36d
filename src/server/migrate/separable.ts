import { type Location, parseModule } from "../../engine/index.ts";

/** A condition of a rule that depends on no other: it could be a guard of its own. */
export type Separable = { readonly text: string; readonly location: Location };

type Node = Readonly<Record<string, unknown>>;

/**
 * The conditions of one rule that all must hold and share no variable, so that
 * each could be a guard with a reason of its own. None where the rule has several
 * bodies, for one of those is enough, or fewer than two such conditions.
 */
export function separableConditions(
  modules: Readonly<Record<string, string>>,
  rulePath: readonly string[],
  regoVersions: Readonly<Record<string, 0 | 1>>,
): readonly Separable[] {
  const bodies = Object.entries(modules).flatMap(([file, text]) =>
    bodiesOf({ file, text, regoVersion: regoVersions[file] ?? 1 }, rulePath),
  );
  const [first, ...others] = bodies;
  if (first === undefined || others.length > 0) {
    return [];
  }
  const { body, shared } = first;
  const variables = body.map((expr) => variablesOf(expr, shared));
  const separable = body.filter((_, at) =>
    [...(variables[at] ?? [])].every(
      (name) => !variables.some((set, other) => other !== at && set.has(name)),
    ),
  );
  return separable.length < 2 ? [] : separable.map(toSeparable);
}

type SourceFile = {
  readonly file: string;
  readonly text: string;
  readonly regoVersion: 0 | 1;
};

type RuleBody = {
  readonly body: readonly Node[];
  /** Names of rules and imports, which are the same in every expression. */
  readonly shared: ReadonlySet<string>;
};

function bodiesOf(
  { file, regoVersion, text }: SourceFile,
  rulePath: readonly string[],
): readonly RuleBody[] {
  const parsed = parseModule(text, { file, regoVersion, locations: true });
  if ("errors" in parsed || parsed.ast === "") {
    return [];
  }
  const module = JSON.parse(parsed.ast) as {
    readonly package: { readonly path: readonly Node[] };
    readonly imports?: readonly ImportNode[];
    readonly rules?: readonly Node[];
  };
  const place = module.package.path.slice(1).map(({ value }) => value);
  const shared = new Set([
    ...(module.imports ?? []).map(importName),
    ...(module.rules ?? []).map((rule) => String(headRef(rule)[0]?.["value"])),
  ]);
  return (module.rules ?? [])
    .filter((rule) => rule["default"] !== true)
    .filter((rule) => {
      const path = [...place, ...headRef(rule).map(({ value }) => value)];
      return path.join("/") === rulePath.join("/");
    })
    .flatMap((rule) => [
      { body: rule["body"] as readonly Node[], shared },
      // A rule with `else` has several ways to hold.
      ...(rule["else"] === undefined ? [] : [{ body: [], shared }]),
    ]);
}

type ImportNode = {
  readonly alias?: string;
  readonly path: { readonly value: readonly Node[] };
};

function importName({ alias, path }: ImportNode): string {
  return alias ?? String(path.value.at(-1)?.["value"]);
}

function headRef(rule: Node): readonly Node[] {
  const { ref = [] } = rule["head"] as { readonly ref?: readonly Node[] };
  return ref;
}

/** The local variables of an expression; what it declares counts too. */
function variablesOf(
  { terms }: Node,
  shared: ReadonlySet<string>,
): ReadonlySet<string> {
  const names = new Set<string>();
  // The first term of a list is what is called.
  visit(Array.isArray(terms) ? terms.slice(1) : terms, names);
  return new Set([...names].filter((name) => !shared.has(name)));
}

function visit(node: unknown, names: Set<string>): void {
  if (Array.isArray(node)) {
    for (const item of node) {
      visit(item, names);
    }
    return;
  }
  if (node === null || typeof node !== "object") {
    return;
  }
  const { type, value, location: _, ...others } = node as Node;
  if (type === "var") {
    names.add(String(value));
  }
  if (type === "ref" && Array.isArray(value)) {
    // The root of a ref is a document, a rule or an import; those may be shared.
    const [root, ...rest] = value as readonly Node[];
    visit(isDocument(root) ? rest : value, names);
    return;
  }
  visit(
    type === "call" && Array.isArray(value) ? value.slice(1) : value,
    names,
  );
  visit(Object.values(others), names);
}

function isDocument(root: Node | undefined): boolean {
  return (
    root?.["type"] === "var" &&
    ["input", "data"].includes(String(root["value"]))
  );
}

function toSeparable({ location }: Node): Separable {
  const { col, file, row, text } = location as Location & {
    readonly text?: string;
  };
  const decoded = Buffer.from(text ?? "", "base64").toString();
  return { text: decoded, location: { file, row, col } };
}
