import type { Location } from "../source.ts";
import { annotationsJson } from "./annotation-json.ts";
import type {
  Annotations,
  Body,
  Comment,
  Expr,
  ExprTerms,
  Head,
  Import,
  LogicalExpr,
  Module,
  Rule,
  Term,
} from "./ast.ts";
import { sortEntries, sortTerms } from "./compare-terms.ts";
import { type HeadNames, headNames } from "./head-names.ts";
import { base64, type Json, jsonObject, writeJson } from "./json-text.ts";

export type AstJsonOptions = {
  /** The place and source text of every node. */
  readonly locations?: boolean;
  /** Comments are written unless this is false. */
  readonly comments?: boolean;
  /** The indentation of a level; "" writes one line. */
  readonly indent?: string;
};

/** A module as `opa parse --format json` writes it. */
export function moduleJson(
  module: Module,
  { locations = false, comments = true, indent = "" }: AstJsonOptions = {},
): string {
  return writeJson(new AstWriter(locations).module(module, comments), indent);
}

/** A location as JSON, with its text if `text` is set. */
function locationJson(
  { col, file, row, text }: Location,
  withText: boolean,
): Json {
  return jsonObject({
    file,
    row: { number: String(row) },
    col: { number: String(col) },
    text: withText && text ? base64(text) : undefined,
  });
}

/** Terms as OPA's JSON writes them, without places. */
export function termsJson(terms: readonly Term[]): Json {
  return new AstWriter(false).terms(terms);
}

/** The value of a term as OPA's JSON writes it. */
export function valueJson(term: Term): Json {
  return new AstWriter(false).value(term);
}

/** An expression as OPA's JSON writes it, on one line and without places. */
export function exprJson(expr: Expr): string {
  return writeJson(new AstWriter(false).expr(expr));
}

/** The same of a body. */
export function bodyJson(body: Body): string {
  return writeJson(new AstWriter(false).body(body));
}

/** The same of a rule. */
export function ruleJson(rule: Rule): string {
  return writeJson(new AstWriter(false).rule(rule));
}

class AstWriter {
  private readonly locations: boolean;

  constructor(locations: boolean) {
    this.locations = locations;
  }

  module(module: Module, comments: boolean): Json {
    const { annotations, imports, rules } = module;
    const list = <Item>(
      items: readonly Item[],
      write: (item: Item) => Json,
    ): Json | undefined => (items.length > 0 ? items.map(write) : undefined);
    return jsonObject({
      package: jsonObject({
        location: this.location(module.package.location),
        path: this.terms(module.package.path.value),
      }),
      imports: list(imports, (one) => this.import(one)),
      annotations: list(annotations, (one) => this.annotations(one)),
      rules: list(rules, (one) => this.rule(one)),
      comments: comments
        ? list(module.comments, (one) => this.comment(one))
        : undefined,
    });
  }

  private location(location: Location): Json | undefined {
    return this.locations ? locationJson(location, true) : undefined;
  }

  private import({ alias, location, path }: Import): Json {
    return jsonObject({
      alias,
      location: this.location(location),
      path: this.term(path),
    });
  }

  private annotations(one: Annotations): Json {
    return annotationsJson(one, {
      location: (location) => this.location(location),
      terms: (terms) => this.terms(terms),
    });
  }

  private comment({ location, text }: Comment): Json {
    return jsonObject({
      Text: base64(text),
      Location: locationJson(location, this.locations),
    });
  }

  rule(rule: Rule, names = headNames(rule)): Json {
    const written = { ...names, isPlaced: false };
    return jsonObject({
      annotations:
        rule.annotations.length > 0
          ? rule.annotations.map((one) => this.annotations(one))
          : undefined,
      body: this.body(rule.body),
      default: rule.default || undefined,
      else: rule.else && this.rule(rule.else, written),
      head: this.head(rule.head, names),
      location: this.location(rule.location),
    });
  }

  private head(head: Head, names: HeadNames): Json {
    const { isPlaced, key = head.key, name } = names;
    const value = head.value && this.term(head.value);
    if (!isPlaced && head.generatedValue && value instanceof Map) {
      value.delete("location");
    }
    return jsonObject({
      name,
      args: head.args.length > 0 ? this.terms(head.args) : undefined,
      key: key && this.term(key),
      value,
      assign: head.assign || undefined,
      ref: this.terms(head.ref.value),
      location: this.location(head.location),
    });
  }

  body(body: Body): Json {
    return body.map((expr) => this.expr(expr));
  }

  expr(expr: Expr): Json {
    return jsonObject({
      generated: expr.generated || undefined,
      index: { number: String(expr.index) },
      location: this.location(expr.location),
      negated: expr.negated || undefined,
      terms: this.exprTerms(expr.terms),
      with:
        expr.with.length > 0
          ? expr.with.map(({ location, target, value }) =>
              jsonObject({
                location: this.location(location),
                target: this.term(target),
                value: this.term(value),
              }),
            )
          : undefined,
    });
  }

  private exprTerms(terms: ExprTerms): Json {
    switch (terms.kind) {
      case "term":
        return this.term(terms.term);
      case "call":
        return this.terms([terms.operator, ...terms.operands]);
      case "some":
        return jsonObject({
          location: this.location(terms.location),
          symbols: this.terms(terms.symbols),
        });
      case "every":
        return jsonObject({
          body: this.body(terms.body),
          domain: this.term(terms.domain),
          key: terms.key ? this.term(terms.key) : null,
          location: this.location(terms.location),
          value: this.term(terms.value),
        });
      case "not":
        return jsonObject({
          body: this.body(terms.body),
          explicit_body: terms.explicit,
          type: "not",
        });
      case "and":
      case "or":
        return this.logical(terms);
    }
  }

  private logical(terms: LogicalExpr): Json {
    return jsonObject({
      explicit_lhs: terms.explicitLeft || undefined,
      explicit_rhs: terms.explicitRight || undefined,
      lhs: this.body(terms.left),
      rhs: this.body(terms.right),
      type: terms.kind,
    });
  }

  terms(terms: readonly Term[]): Json {
    return terms.map((term) => this.term(term));
  }

  private term(term: Term): Json {
    return jsonObject({
      location: this.location(term.location),
      type: term.kind,
      value: this.value(term),
    });
  }

  value(term: Term): Json {
    switch (term.kind) {
      case "null":
        return jsonObject({});
      case "boolean":
      case "string":
      case "var":
        return term.value;
      case "number":
        return { number: term.value };
      case "ref":
      case "array":
        return this.terms(term.value);
      case "set":
        return this.terms(sortTerms(term.value));
      case "object":
        return sortEntries(term.value).map((entry) => this.terms(entry));
      case "call":
        return this.terms([term.operator, ...term.operands]);
      case "arraycomprehension":
      case "setcomprehension":
        return jsonObject({
          term: this.term(term.term),
          body: this.body(term.body),
        });
      case "objectcomprehension":
        return jsonObject({
          key: this.term(term.key),
          value: this.term(term.value),
          body: this.body(term.body),
        });
      case "templatestring":
        return jsonObject({
          parts:
            term.parts.length === 0
              ? null
              : term.parts.map((part) =>
                  "kind" in part ? this.term(part) : this.expr(part),
                ),
          multi_line: term.multiline,
        });
    }
  }
}
