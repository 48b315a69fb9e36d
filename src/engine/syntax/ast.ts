import type { Location } from "../source.ts";
import type { YamlMap } from "../yaml/decode.ts";

/** A parsed Rego file; names and nesting follow OPA's `ast.Module`. */
export type Module = {
  readonly package: Package;
  readonly imports: readonly Import[];
  readonly rules: readonly Rule[];
  readonly annotations: readonly Annotations[];
  readonly comments: readonly Comment[];
  /** The words of the text, and the kinds of its other tokens: what is not among them, the module has not. */
  readonly tokens: ReadonlySet<string>;
  /** 0 or 1: the language version the module was parsed as. */
  readonly regoVersion: 0 | 1;
};

/** `package a.b`: the path starts with the string-valued `data` head var. */
export type Package = {
  readonly path: RefTerm;
  readonly location: Location;
};

/** `import path as alias`. */
export type Import = {
  readonly path: RefTerm;
  readonly alias: string | undefined;
  readonly location: Location;
};

/** One rule; `else` chains hang off `else`, a default rule has a `true` body. */
export type Rule = {
  readonly default: boolean;
  readonly head: Head;
  readonly body: Body;
  /** The author wrote no body. */
  readonly generatedBody: boolean;
  readonly else: Rule | undefined;
  readonly annotations: readonly Annotations[];
  readonly location: Location;
};

/**
 * A rule head. `ref` is the whole reference as written (`p`, `p.q[x]`);
 * `key` is set for `contains` rules and, as in OPA, for single-value partial
 * objects the last element of `ref` is the key and stays in `ref`.
 */
export type Head = {
  readonly ref: RefTerm;
  readonly args: readonly Term[];
  readonly key: Term | undefined;
  readonly value: Term | undefined;
  /** Written with `:=`. */
  readonly assign: boolean;
  /** The author wrote no value. */
  readonly generatedValue: boolean;
  /** Which of the two words the rule was written with. */
  readonly keywords: readonly ("if" | "contains")[];
  readonly location: Location;
};

export type Body = readonly Expr[];

/** One expression of a body. */
export type Expr = {
  /** Position within its body, from 0. */
  readonly index: number;
  readonly negated: boolean;
  /** Made by the compiler, not written by the author. */
  readonly generated: boolean;
  /** Set by the analysis: an equation that was written with `:=`. */
  readonly assigned?: boolean;
  /** Set by the analysis, of a part that was moved out: where the written expression stands. */
  readonly base?: Location;
  readonly terms: ExprTerms;
  readonly with: readonly With[];
  readonly location: Location;
};

export type ExprTerms =
  | { readonly kind: "term"; readonly term: Term }
  | {
      readonly kind: "call";
      readonly operator: RefTerm;
      readonly operands: readonly Term[];
    }
  | SomeDecl
  | EveryExpr
  | NegatedBody
  | LogicalExpr;

/** `some x, y` or, with one call symbol to `internal.member_2/3`, `some x in xs`. */
export type SomeDecl = {
  readonly kind: "some";
  readonly symbols: readonly Term[];
  readonly location: Location;
};

/** `every k, v in domain { body }`. */
export type EveryExpr = {
  readonly kind: "every";
  readonly key: Term | undefined;
  readonly value: Term;
  readonly domain: Term;
  readonly body: Body;
  readonly location: Location;
};

/** `not { body }`, and `not expr` under `future.keywords.not`. */
type NegatedBody = {
  readonly kind: "not";
  readonly body: Body;
  /** Written with braces. */
  readonly explicit: boolean;
  readonly location: Location;
};

/** `a and b`, `a or b` (future.keywords.and, .or). */
export type LogicalExpr = {
  readonly kind: "and" | "or";
  readonly left: Body;
  readonly right: Body;
  /** Which sides were written with braces. */
  readonly explicitLeft: boolean;
  readonly explicitRight: boolean;
  readonly location: Location;
};

/** `with target as value`. */
export type With = {
  readonly target: Term;
  readonly value: Term;
  readonly location: Location;
};

export type Term =
  | NullTerm
  | BooleanTerm
  | NumberTerm
  | StringTerm
  | VarTerm
  | RefTerm
  | ArrayTerm
  | SetTerm
  | ObjectTerm
  | ArrayComprehension
  | SetComprehension
  | ObjectComprehension
  | CallTerm
  | TemplateString;

type NullTerm = { readonly kind: "null"; readonly location: Location };
type BooleanTerm = {
  readonly kind: "boolean";
  readonly value: boolean;
  readonly location: Location;
};
/** A number keeps its JSON text: `1.0` and `1` are different texts, equal values. */
type NumberTerm = {
  readonly kind: "number";
  readonly value: string;
  readonly location: Location;
};
export type StringTerm = {
  readonly kind: "string";
  readonly value: string;
  readonly location: Location;
};
/** A variable; wildcards are `$0`, `$1`, … in order of appearance, as in OPA. */
export type VarTerm = {
  readonly kind: "var";
  readonly value: string;
  readonly location: Location;
};
/** `a.b[c]` is var a, string b, var c; the first term may be any term. */
export type RefTerm = {
  readonly kind: "ref";
  readonly value: readonly Term[];
  readonly location: Location;
};
type ArrayTerm = {
  readonly kind: "array";
  readonly value: readonly Term[];
  readonly location: Location;
};
type SetTerm = {
  readonly kind: "set";
  readonly value: readonly Term[];
  readonly location: Location;
};
export type ObjectTerm = {
  readonly kind: "object";
  readonly value: readonly (readonly [Term, Term])[];
  readonly location: Location;
};
type ArrayComprehension = {
  readonly kind: "arraycomprehension";
  readonly term: Term;
  readonly body: Body;
  readonly location: Location;
};
type SetComprehension = {
  readonly kind: "setcomprehension";
  readonly term: Term;
  readonly body: Body;
  readonly location: Location;
};
type ObjectComprehension = {
  readonly kind: "objectcomprehension";
  readonly key: Term;
  readonly value: Term;
  readonly body: Body;
  readonly location: Location;
};
/** A call used as a term: `count(xs)`, `a + b` (operator `plus`). */
export type CallTerm = {
  readonly kind: "call";
  readonly operator: RefTerm;
  readonly operands: readonly Term[];
  readonly location: Location;
};
/** `$"a {expr}"`: text and constants as terms, and the expressions between them. */
type TemplateString = {
  readonly kind: "templatestring";
  readonly multiline: boolean;
  readonly parts: readonly (Term | Expr)[];
  readonly location: Location;
};

export type Comment = { readonly text: string; readonly location: Location };

/** A `# METADATA` block. */
export type Annotations = {
  /** `rule`, `document`, `package` or `subpackages`. */
  readonly scope: string;
  readonly title: string;
  readonly description: string;
  readonly entrypoint: boolean;
  readonly organizations: readonly string[];
  readonly relatedResources: readonly RelatedResource[];
  readonly authors: readonly Author[];
  readonly schemas: readonly SchemaAnnotation[];
  readonly compile: CompileAnnotation | undefined;
  readonly custom: YamlMap | undefined;
  readonly labels: YamlMap | undefined;
  /** Where the block begins; its text is the whole block. */
  readonly location: Location;
  readonly target: AnnotationTarget | undefined;
};

/** The first statement below a block. */
export type AnnotationTarget = {
  readonly kind: "package" | "import" | "rule";
  /** The path of the package, or of the rule up to its first variable. */
  readonly path: readonly Term[];
  readonly location: Location;
};

export type RelatedResource = {
  readonly ref: string;
  readonly description: string;
};

export type Author = { readonly name: string; readonly email: string };

/** What is known of a document: a schema by name, or written out. */
export type SchemaAnnotation = {
  readonly path: RefTerm;
  readonly schema: RefTerm | undefined;
  readonly definition: YamlMap | undefined;
};

/** What partial evaluation is to do with a rule. */
export type CompileAnnotation = {
  readonly unknowns: readonly RefTerm[];
  readonly maskRule: RefTerm | undefined;
};
