import { PolicyError } from "../error.ts";
import type { Location } from "../source.ts";
import type {
  Body,
  Expr,
  ExprTerms,
  Import,
  Module,
  RefTerm,
  Rule,
  Term,
  VarTerm,
  With,
} from "../syntax/ast.ts";
import { operatorRef } from "../syntax/parser-state.ts";
import type { BuiltinNames } from "./builtin-names.ts";
import { hoistNegated } from "./hoist-negated.ts";
import { operatorName } from "./operator-name.ts";

export type Report = (error: PolicyError) => void;

/** Names that mean the same everywhere in a module: rules and imports. */
export type Globals = ReadonlyMap<string, readonly Term[]>;

/** Hands out `__local0__`, `__local1__`, … and remembers what they were. */
export type LocalNames = {
  fresh(written: string): string;
  readonly written: Map<string, string>;
};

export function createLocalNames(): LocalNames {
  const written = new Map<string, string>();
  return {
    written,
    fresh: (name) => {
      const local = `__local${written.size}__`;
      written.set(local, name);
      return local;
    },
  };
}

/** Declared names of one nesting level. */
type Level = Map<string, string>;

/** Rewrites names: declared locals get unique names, globals become refs. */
export class Resolver {
  readonly globals: Globals;
  readonly names: LocalNames;
  readonly builtins: BuiltinNames;
  readonly report: Report;
  levels: Level[] = [];

  constructor(
    globals: Globals,
    names: LocalNames,
    builtins: BuiltinNames,
    report: Report,
  ) {
    this.globals = globals;
    this.names = names;
    this.builtins = builtins;
    this.report = report;
  }

  rule(rule: Rule): Rule {
    this.levels.push(new Map());
    for (const arg of rule.head.args) {
      this.declarePattern(arg);
    }
    const computed: Expr[] = [];
    const args = rule.head.args.map((arg) =>
      isPattern(arg) ? this.pattern(arg) : this.computedArg(arg, computed),
    );
    const resolved = this.ruleWithArgs(rule, args, computed);
    this.levels.pop();
    return resolved;
  }

  /** An argument that is no pattern is compared first thing in the body. */
  private computedArg(arg: Term, computed: Expr[]): Term {
    const { location } = arg;
    const local: Term = { kind: "var", value: this.names.fresh("_"), location };
    const expr: Expr = {
      index: 0,
      negated: false,
      generated: true,
      terms: { kind: "term", term: local },
      with: [],
      location,
    };
    computed.push(equation(expr, local, arg, []));
    return local;
  }

  private ruleWithArgs(
    rule: Rule,
    args: readonly Term[],
    computed: readonly Expr[],
  ): Rule {
    this.levels.push(new Map());
    const body = this.exprs([...computed, ...rule.body]);
    const head = {
      ...rule.head,
      args,
      ref: this.headRef(rule.head.ref),
      key: rule.head.key && this.term(rule.head.key),
      value: rule.head.value && this.term(rule.head.value),
    };
    this.levels.pop();
    const rest = rule.else && this.ruleWithArgs(rule.else, args, computed);
    return { ...rule, head, body, else: rest };
  }

  /** The name stays; what stands in brackets is resolved. */
  private headRef(ref: RefTerm): RefTerm {
    const [head, ...rest] = ref.value;
    return head
      ? { ...ref, value: [head, ...rest.map((term) => this.term(term))] }
      : ref;
  }

  /** A body with a level of its own. */
  body(body: Body): Body {
    this.levels.push(new Map());
    const resolved = this.exprs(body);
    this.levels.pop();
    return resolved;
  }

  exprs(body: Body): Body {
    return body.flatMap((expr) => this.expr(expr));
  }

  private expr(expr: Expr): Expr[] {
    const modifiers = expr.with.map((modifier) => this.with(modifier));
    const { terms } = expr;
    if (terms.kind === "some") {
      return this.some(expr, terms.symbols, modifiers);
    }
    const resolved: Expr = {
      ...expr,
      terms: this.terms(terms, expr.location),
      with: modifiers,
    };
    return expr.negated ? hoistNegated(resolved, this.names) : [resolved];
  }

  private with(modifier: With): With {
    const value = this.term(modifier.value);
    return {
      ...modifier,
      target: this.term(modifier.target),
      value,
      isBuiltin: this.isBuiltin(value),
    };
  }

  private isBuiltin(value: Term): boolean {
    return (
      (value.kind === "var" && this.builtins.has(value.value)) ||
      (value.kind === "ref" && this.builtins.has(operatorName(value)))
    );
  }

  /** `some x` declares; `some k, v in xs` also becomes `v = xs[k]`. */
  private some(
    expr: Expr,
    symbols: readonly Term[],
    modifiers: readonly With[],
  ): Expr[] {
    const [first] = symbols;
    if (first?.kind !== "call") {
      for (const symbol of symbols) {
        if (symbol.kind === "var") {
          this.declare(symbol.value);
        }
      }
      return [];
    }
    const operands = [...first.operands];
    const domain = this.term(operands.pop() as Term);
    for (const pattern of operands) {
      this.declarePattern(pattern);
    }
    const [keyPattern, valuePattern] =
      operands.length === 2 ? operands : [undefined, operands[0]];
    const { location } = expr;
    const key: Term =
      keyPattern?.kind === "var"
        ? this.pattern(keyPattern)
        : { kind: "var", value: this.names.fresh("_"), location };
    const element: Term = {
      kind: "ref",
      value: domain.kind === "ref" ? [...domain.value, key] : [domain, key],
      location,
    };
    const made: Expr[] = [
      equation(expr, this.pattern(valuePattern as Term), element, modifiers),
    ];
    if (keyPattern && keyPattern.kind !== "var") {
      made.push(equation(expr, this.pattern(keyPattern), key, modifiers));
    }
    return made;
  }

  private terms(terms: ExprTerms, location: Location): ExprTerms {
    switch (terms.kind) {
      case "term":
        return { kind: "term", term: this.term(terms.term) };
      case "call":
        return this.call(terms.operator, terms.operands, location);
      case "every": {
        const domain = this.term(terms.domain);
        this.levels.push(new Map());
        for (const variable of [terms.key, terms.value]) {
          if (variable) {
            this.declarePattern(variable);
          }
        }
        const every = {
          ...terms,
          key: terms.key && this.pattern(terms.key),
          value: this.pattern(terms.value),
          domain,
          body: this.body(terms.body),
        };
        this.levels.pop();
        return every;
      }
      case "not":
        return { ...terms, body: this.body(terms.body) };
      case "and":
      case "or":
        return {
          ...terms,
          left: this.body(terms.left),
          right: this.body(terms.right),
        };
      case "some":
        return terms;
    }
  }

  private call(
    operator: RefTerm,
    operands: readonly Term[],
    location: Location,
  ): ExprTerms {
    const name = operator.value[0];
    if (name?.kind === "var" && name.value === "assign") {
      const [left, right] = operands;
      const value = this.term(right as Term);
      this.declarePattern(left as Term, true);
      return {
        kind: "call",
        operator: operatorRef("eq", location),
        operands: [this.pattern(left as Term), value],
      };
    }
    return {
      kind: "call",
      operator: this.operator(operator),
      operands: operands.map((operand) => this.term(operand)),
    };
  }

  /** Builtins keep their name unless a rule, import or local shadows it. */
  private operator(operator: RefTerm): RefTerm {
    const [head] = operator.value;
    if (
      head?.kind === "var" &&
      !this.globals.has(head.value) &&
      !this.lookup(head.value)
    ) {
      return operator;
    }
    const resolved = this.term(operator);
    return resolved.kind === "ref"
      ? resolved
      : { kind: "ref", value: [resolved], location: operator.location };
  }

  /** Declares the variables of a pattern on the innermost level. */
  private declarePattern(term: Term, fresh = false): void {
    switch (term.kind) {
      case "var":
        if (!term.value.startsWith("$")) {
          if (fresh && this.levels.at(-1)?.has(term.value)) {
            this.report(
              new PolicyError(
                "rego_compile_error",
                `var ${term.value} assigned above`,
                { location: term.location },
              ),
            );
          }
          this.declare(term.value);
        }
        return;
      case "array":
        for (const item of term.value) {
          this.declarePattern(item, fresh);
        }
        return;
      case "object":
        for (const [, value] of term.value) {
          this.declarePattern(value, fresh);
        }
        return;
      default:
        return;
    }
  }

  private declare(name: string): void {
    this.levels.at(-1)?.set(name, this.names.fresh(name));
  }

  private pattern(term: Term): Term {
    return this.term(term);
  }

  private lookup(name: string): string | undefined {
    for (let index = this.levels.length - 1; index >= 0; index -= 1) {
      const local = this.levels[index]?.get(name);
      if (local !== undefined) {
        return local;
      }
    }
    return undefined;
  }

  term(term: Term): Term {
    switch (term.kind) {
      case "var":
        return this.variable(term);
      case "ref":
        return this.ref(term);
      case "array":
      case "set":
        return { ...term, value: term.value.map((item) => this.term(item)) };
      case "object":
        return {
          ...term,
          value: term.value.map(
            ([key, value]) => [this.term(key), this.term(value)] as const,
          ),
        };
      case "arraycomprehension":
      case "setcomprehension":
        return this.scoped(term.body, (body) => ({
          ...term,
          body,
          term: this.term(term.term),
        }));
      case "objectcomprehension":
        return this.scoped(term.body, (body) => ({
          ...term,
          body,
          key: this.term(term.key),
          value: this.term(term.value),
        }));
      case "call":
        return {
          ...term,
          operator: this.operator(term.operator),
          operands: term.operands.map((operand) => this.term(operand)),
        };
      case "templatestring":
        return {
          ...term,
          parts: term.parts.flatMap((part): (Term | Expr)[] =>
            "kind" in part ? [part] : this.expr(part),
          ),
        };
      default:
        return term;
    }
  }

  /** The head of a comprehension sees what its body declares. */
  private scoped(body: Body, finish: (body: Body) => Term): Term {
    this.levels.push(new Map());
    const resolved = this.exprs(body);
    const term = finish(resolved);
    this.levels.pop();
    return term;
  }

  private variable(term: VarTerm): Term {
    const local = this.lookup(term.value);
    if (local !== undefined) {
      return { ...term, value: local };
    }
    const path = this.globals.get(term.value);
    if (path !== undefined) {
      return { kind: "ref", value: path, location: term.location };
    }
    return term.value === "data" || term.value === "input"
      ? { kind: "ref", value: [term], location: term.location }
      : term;
  }

  private ref(term: RefTerm): Term {
    const [head, ...rest] = term.value;
    const resolved = this.term(head as Term);
    const tail = rest.map((item) => this.term(item));
    return {
      ...term,
      value:
        resolved.kind === "ref"
          ? [...resolved.value, ...tail]
          : [resolved, ...tail],
    };
  }
}

/** What an argument may match without being evaluated. */
function isPattern(term: Term): boolean {
  switch (term.kind) {
    case "call":
    case "ref":
    case "templatestring":
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      return false;
    default:
      return true;
  }
}

function equation(
  expr: Expr,
  left: Term,
  right: Term,
  modifiers: readonly With[],
): Expr {
  return {
    ...expr,
    generated: true,
    terms: {
      kind: "call",
      operator: operatorRef("eq", expr.location),
      operands: [left, right],
    },
    with: modifiers,
  };
}

/** The global names of a module: its package's rules, then its imports. */
export function moduleGlobals(
  module: Module,
  rulesOfPackage: ReadonlySet<string>,
): Globals {
  const globals = new Map<string, readonly Term[]>();
  for (const name of rulesOfPackage) {
    globals.set(name, [
      ...module.package.path.value,
      { kind: "string", value: name, location: module.package.location },
    ]);
  }
  for (const entry of module.imports) {
    const name = importedName(entry);
    if (name !== undefined) {
      globals.set(name, entry.path.value);
    }
  }
  return globals;
}

function importedName({ path, alias }: Import): string | undefined {
  const [root, ...rest] = path.value;
  if (
    root?.kind !== "var" ||
    root.value === "future" ||
    root.value === "rego"
  ) {
    return undefined;
  }
  const last = rest.at(-1) ?? root;
  return alias ?? (last.kind === "string" ? last.value : undefined);
}
