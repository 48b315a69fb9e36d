import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type {
  Body,
  Expr,
  ExprTerms,
  Import,
  Module,
  Package,
  RefTerm,
  Rule,
  Term,
} from "../syntax/ast.ts";
import { inKeyOrder, withKeyOrder } from "../syntax/compare-terms.ts";
import { bodiesOf } from "../syntax/expr-parts.ts";
import type { QueryScope } from "../syntax/parser.ts";
import { printRef, printTerm } from "../syntax/print.ts";
import { elseChain, type Mapper, mapExpr, mapList, mapTerm } from "./map.ts";
import { operatorName } from "./operator-name.ts";
import type { Report } from "./state.ts";
import { addTermVars } from "./vars.ts";

/** A name that means the same all over a module: a rule or an import. */
type Global = { readonly path: readonly Term[]; used: boolean };

/** Global names of a module, with whether anything has used them. */
type Globals = ReadonlyMap<string, Global>;

/** Makes every name of a rule or an import the full path of what it names. */
export function resolveRefs(
  modules: readonly Module[],
  report: Report,
  strict: boolean,
): Module[] {
  const rules = ruleNames(modules);
  return modules.map((module) => {
    const globals = moduleGlobals(
      module,
      rules.get(packageKey(module.package)),
    );
    const resolver = new RefResolver(globals);
    const resolved = {
      ...module,
      rules: module.rules.map((rule) => resolver.rule(rule, report)),
    };
    if (strict) {
      reportUnused(module, globals, report);
    }
    return resolved;
  });
}

/** Makes the names that a query has from a package or an import full paths. */
export function resolveQueryRefs(
  body: Body,
  { package: within, imports }: QueryScope,
  modules: readonly Module[],
): Body {
  const rules = within && ruleNames(modules).get(packageKey(within));
  const globals = new Map([
    ...(within ? packageGlobals(within, rules) : []),
    ...importGlobals(imports),
  ]);
  return globals.size === 0 ? body : new RefResolver(globals).query(body);
}

function ruleNames(modules: readonly Module[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const module of modules) {
    const key = packageKey(module.package);
    const names = found.get(key) ?? new Set();
    for (const { head } of module.rules) {
      const [name] = head.ref.value;
      if (name?.kind === "var") {
        names.add(name.value);
      }
    }
    found.set(key, names);
  }
  return found;
}

function packageKey({ path }: Package): string {
  return JSON.stringify(
    path.value.map((term) =>
      term.kind === "string" || term.kind === "var" ? term.value : "",
    ),
  );
}

/** The global names of a module: its package's rules, then its imports. */
function moduleGlobals(
  module: Module,
  rules: ReadonlySet<string> = new Set(),
): Globals {
  return new Map([
    ...packageGlobals(module.package, rules),
    ...importGlobals(module.imports),
  ]);
}

function packageGlobals(
  { location, path }: Package,
  rules: ReadonlySet<string> = new Set(),
): [string, Global][] {
  return [...rules].map((name) => {
    const last: Term = { kind: "string", value: name, location };
    return [name, { path: [...path.value, last], used: false }];
  });
}

function importGlobals(imports: readonly Import[]): [string, Global][] {
  return imports
    .filter((entry) => !isKeywordImport(entry))
    .map((entry) => [
      importName(entry),
      { path: entry.path.value, used: false },
    ]);
}

function isKeywordImport({ path }: Import): boolean {
  const [root] = path.value;
  return (
    root?.kind === "var" && (root.value === "future" || root.value === "rego")
  );
}

/** The name that an import brings. */
export function importName({ path, alias }: Import): string {
  const last = path.value.at(-1);
  return (
    alias ?? (last?.kind === "string" || last?.kind === "var" ? last.value : "")
  );
}

/** An import as written, for errors. */
export function printImport({ path, alias }: Import): string {
  const text = `import ${printRef(path)}`;
  return alias === undefined ? text : `${text} as ${alias}`;
}

function reportUnused(module: Module, globals: Globals, report: Report): void {
  for (const entry of module.imports) {
    if (!isKeywordImport(entry) && !globals.get(importName(entry))?.used) {
      const { location } = entry;
      const message = `${printImport(entry)} unused`;
      report(new PolicyError("rego_compile_error", message, { location }));
    }
  }
}

/** Resolves names; those that a body declares itself are left alone. */
class RefResolver {
  private readonly globals: Globals;
  private readonly ignored: ReadonlySet<string>[] = [];
  private readonly mapper: Mapper = {
    term: (term) => this.term(term),
    body: (body) => this.body(body),
  };

  constructor(globals: Globals) {
    this.globals = globals;
  }

  rule(rule: Rule, report: Report): Rule {
    const args = new Set<string>();
    for (const arg of rule.head.args) {
      addArgVars(arg, args);
    }
    const shadowing = rule.head.args.map(rootIn).find((one) => one);
    if (shadowing) {
      const message = `args must not shadow ${printTerm(shadowing)} (use a different variable name)`;
      const { location } = rule;
      report(new PolicyError("rego_compile_error", message, { location }));
      return rule;
    }
    const resolved = this.within([args, declaredVars(rule.body)], () => ({
      ...rule,
      head: {
        ...rule.head,
        ref: this.headRef(rule.head.ref),
        key: rule.head.key && this.term(rule.head.key),
        value: rule.head.value && this.term(rule.head.value),
      },
      body: this.body(rule.body),
    }));
    const rest = rule.else && this.rule(rule.else, report);
    return { ...resolved, else: rest };
  }

  query(body: Body): Body {
    return this.within([declaredVars(body)], () => this.body(body));
  }

  private within<T>(
    levels: readonly ReadonlySet<string>[],
    resolve: () => T,
  ): T {
    const depth = this.ignored.length;
    this.ignored.push(...levels);
    const value = resolve();
    this.ignored.length = depth;
    return value;
  }

  private headRef(ref: RefTerm): RefTerm {
    const [head, ...rest] = ref.value;
    return head
      ? { ...ref, value: [head, ...rest.map((term) => this.term(term))] }
      : ref;
  }

  body(body: Body): Body {
    return mapList(body, (expr) => this.expr(expr));
  }

  private expr(expr: Expr): Expr {
    const { mapper } = this;
    const { terms } = expr;
    if (terms.kind === "some" && terms.symbols[0]?.kind !== "call") {
      return expr;
    }
    if (terms.kind !== "every") {
      return mapExpr(expr, mapper);
    }
    const locals = new Set<string>();
    for (const term of [terms.key, terms.value]) {
      if (term) {
        addTermVars(term, locals);
      }
    }
    const every: ExprTerms = this.within([locals], () => ({
      ...terms,
      domain: this.term(terms.domain),
      body: this.body(terms.body),
    }));
    const modifiers = mapExpr({ ...expr, terms: noSymbols(expr) }, mapper).with;
    return { ...expr, terms: every, with: modifiers };
  }

  private term(term: Term): Term {
    switch (term.kind) {
      case "var": {
        const global = this.lookup(term.value);
        return global ? toRef(global, term.location) : term;
      }
      case "ref": {
        const value = this.refTerms(term);
        return value === term.value ? term : { ...term, value };
      }
      case "arraycomprehension":
      case "setcomprehension":
      case "objectcomprehension":
        return this.within([declaredVars(term.body)], () => this.parts(term));
      case "object":
        // Resolved names may have another order.
        return withKeyOrder(this.parts(inKeyOrder(term)));
      default:
        return this.parts(term);
    }
  }

  private parts(term: Term): Term {
    return mapTerm(term, this.mapper);
  }

  private refTerms({ value }: RefTerm): readonly Term[] {
    const resolved = mapList(value, this.mapper.term);
    const [head, ...keys] = resolved;
    return value[0]?.kind === "var" && head?.kind === "ref"
      ? [...head.value, ...keys]
      : resolved;
  }

  private lookup(name: string): Global | undefined {
    const global = this.globals.get(name);
    if (!global || this.ignored.some((names) => names.has(name))) {
      return undefined;
    }
    global.used = true;
    return global;
  }
}

/** Terms without parts, for what concerns the modifiers alone. */
function noSymbols({ location }: Expr): ExprTerms {
  return { kind: "some", symbols: [], location };
}

function toRef({ path }: Global, location: Location): RefTerm {
  return {
    kind: "ref",
    value: path.map((term) => ({ ...term, location })),
    location,
  };
}

/** `input` or `data` where an argument would bind it. */
function rootIn(term: Term): Term | undefined {
  switch (term.kind) {
    case "ref":
      return term.value.length === 1 ? term : undefined;
    case "array":
      return term.value.map(rootIn).find((one) => one);
    case "object":
      return term.value.map(([, value]) => rootIn(value)).find((one) => one);
    default:
      return undefined;
  }
}

/** Variables that an argument binds; object keys and closures bind none. */
function addArgVars(term: Term, found: Set<string>): void {
  switch (term.kind) {
    case "var":
      found.add(term.value);
      return;
    case "array":
    case "ref":
      for (const item of term.value) {
        addArgVars(item, found);
      }
      return;
    case "object":
      for (const [, value] of term.value) {
        addArgVars(value, found);
      }
      return;
    default:
      return;
  }
}

/** Names that a body declares by `:=` or `some`, outside its comprehensions. */
export function declaredVars(body: Body): Set<string> {
  const found = new Set<string>();
  for (const expr of body) {
    addDeclared(expr, found);
  }
  return found;
}

/** The terms of a symbol of `some` whose variables it declares. */
function declaredTerms(symbol: Term): readonly Term[] {
  return symbol.kind === "call" ? symbol.operands.slice(0, -1) : [symbol];
}

/** The names that one expression declares. */
export function addDeclared({ terms }: Expr, found: Set<string>): void {
  switch (terms.kind) {
    case "call": {
      const [left] = terms.operands;
      const isAssign = operatorName(terms.operator) === "assign";
      if (isAssign && left && terms.operands.length === 2) {
        addTermVars(left, found);
      }
      return;
    }
    case "some":
      for (const name of terms.symbols.flatMap(declaredTerms)) {
        addTermVars(name, found);
      }
      return;
    default:
      for (const expr of bodiesOf(terms).flat()) {
        addDeclared(expr, found);
      }
  }
}

/** The rules of a module with their else rules, in order. */
export function allRules(module: Module): readonly Rule[] {
  return module.rules.flatMap(elseChain);
}
