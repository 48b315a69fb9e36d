import { functionNames } from "./functions.ts";
import { parseFault, type Token, type TokenKind, tokenize } from "./lexer.ts";
import type { Command, Node, Operand, Pipe, Templates } from "./node.ts";

/** Reads a template with those that it defines; the main one has the name `template`. */
export function parseTemplate(source: string): Templates {
  return new Parser(source).templates();
}

type Ended = { readonly nodes: readonly Node[]; readonly by: "end" | "else" };

// What the stack holds with room to spare.
const maxDepth = 500;

class Parser {
  private readonly source: string;
  private readonly tokens: readonly Token[];
  private readonly found = new Map<string, readonly Node[]>();
  private at = 0;
  private ranges = 0;
  private depth = 0;
  private variables: string[] = ["$"];

  constructor(source: string) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  templates(): Templates {
    const nodes: Node[] = [];
    while (!this.is("EOF")) {
      const definition = this.isDefinition();
      if (definition) {
        this.definition();
      } else {
        const node = this.textOrAction();
        if ("end" in node) {
          throw this.fault(`unexpected {{${node.end}}}`);
        }
        nodes.push(node);
      }
    }
    this.found.set("template", nodes);
    return this.found;
  }

  private isDefinition(): boolean {
    const mark = this.at;
    const opened = this.is("left") && this.next() !== undefined;
    this.skipSpace();
    const found = opened && this.keyword() === "define";
    this.at = mark;
    return found;
  }

  private definition(): void {
    this.next();
    this.skipSpace();
    this.next();
    const name = this.stringName("define clause");
    this.expect("right", "define clause");
    const { nodes, by } = this.list();
    if (by !== "end") {
      throw this.fault("unexpected {{else}} in define clause");
    }
    this.found.set(name, nodes);
  }

  private stringName(context: string): string {
    this.skipSpace();
    const token = this.peek();
    if (token.kind !== "string" || token.text.startsWith("'")) {
      throw this.unexpected(token, context);
    }
    this.next();
    this.skipSpace();
    return unquote(token.text);
  }

  private list(): Ended {
    const nodes: Node[] = [];
    while (!this.is("EOF")) {
      const node = this.textOrAction();
      if ("end" in node) {
        return { nodes, by: node.end };
      }
      nodes.push(node);
    }
    throw this.fault("unexpected EOF");
  }

  private textOrAction(): Node | { readonly end: "end" | "else" } {
    const token = this.next();
    if (token.kind === "text") {
      return {
        kind: "text",
        text: token.text,
        at: token.at,
        shown: token.text,
      };
    }
    if (token.kind !== "left") {
      throw this.unexpected(token, "input");
    }
    this.skipSpace();
    const at = this.peek().at;
    switch (this.keyword()) {
      case "if":
      case "with":
      case "range":
        return this.control(this.next().text as "if" | "with" | "range", at);
      case "end":
      case "else":
        return this.ending();
      case "template":
        return this.templateCall(at);
      case "block":
        return this.block(at);
      case "break":
      case "continue":
        return this.loopControl(at);
      case "define":
        throw this.unexpected(this.peek(), "command");
      default: {
        const pipe = this.pipe("command", "right");
        return { kind: "action", pipe, at, shown: `{{${pipe.shown}}}` };
      }
    }
  }

  private ending(): { readonly end: "end" | "else" } {
    const word = this.next().text as "end" | "else";
    this.skipSpace();
    if (word === "else" && ["if", "with"].includes(this.keyword() ?? "")) {
      return { end: "else" };
    }
    this.expect("right", word);
    return { end: word };
  }

  private control(kind: "if" | "with" | "range", at: number): Node {
    this.depth += 1;
    if (this.depth > maxDepth) {
      throw this.fault("max expression depth exceeded");
    }
    const scope = this.variables.length;
    const pipe = this.pipe(kind, "right");
    this.ranges += kind === "range" ? 1 : 0;
    const first = this.list();
    this.ranges -= kind === "range" ? 1 : 0;
    const otherwise = first.by === "else" ? this.otherwise(kind) : undefined;
    this.variables.length = scope;
    this.depth -= 1;
    const shown = `{{${kind} ${pipe.shown}}}`;
    return { kind, pipe, list: first.nodes, otherwise, at, shown };
  }

  private otherwise(kind: string): readonly Node[] {
    const { at } = this.peek();
    const word = this.keyword();
    if (word === "if" || word === "with") {
      if (word !== kind) {
        throw this.unexpected(this.peek(), `{{else ${word}}}`);
      }
      this.next();
      return [this.control(word, at)];
    }
    const { nodes, by } = this.list();
    if (by === "else") {
      throw this.fault("expected end; found {{else}}");
    }
    return nodes;
  }

  private templateCall(at: number): Node {
    this.next();
    const name = this.stringName("template clause");
    const pipe = this.is("right")
      ? undefined
      : this.pipe("template clause", "right");
    if (pipe === undefined) {
      this.next();
    }
    const operand = pipe === undefined ? "" : ` ${pipe.shown}`;
    const shown = `{{template ${JSON.stringify(name)}${operand}}}`;
    return { kind: "template", name, pipe, at: this.nameAt(at), shown };
  }

  /** Where the name of the template that is called at a keyword begins. */
  private nameAt(at: number): number {
    return this.source.slice(at).search(/["`]/) + at;
  }

  private block(at: number): Node {
    this.next();
    const name = this.stringName("block clause");
    const pipe = this.pipe("block clause", "right");
    const variables = this.variables;
    this.variables = ["$"];
    const { nodes, by } = this.list();
    this.variables = variables;
    if (by !== "end") {
      throw this.fault("unexpected {{else}} in block clause");
    }
    if (!this.found.has(name)) {
      this.found.set(name, nodes);
    }
    const shown = `{{template ${JSON.stringify(name)} ${pipe.shown}}}`;
    return { kind: "template", name, pipe, at: this.nameAt(at), shown };
  }

  private loopControl(at: number): Node {
    const kind = this.next().text as "break" | "continue";
    this.skipSpace();
    if (!this.is("right")) {
      throw this.unexpected(this.peek(), `{{${kind}}}`);
    }
    this.next();
    if (this.ranges === 0) {
      throw this.fault(`{{${kind}}} outside {{range}}`);
    }
    return { kind, at, shown: `{{${kind}}}` };
  }

  private pipe(context: string, close: TokenKind): Pipe {
    this.skipSpace();
    const { at } = this.peek();
    const declared = this.declaration(context);
    const commands: Command[] = [];
    this.skipSpace();
    while (!this.is(close)) {
      commands.push(this.command());
      this.skipSpace();
      if (this.is("|")) {
        this.next();
        this.skipSpace();
      } else if (!this.is(close)) {
        throw this.unexpected(this.peek(), context);
      }
    }
    this.next();
    if (commands.length === 0) {
      throw this.fault(`missing value for ${context}`);
    }
    for (const [index, { operands }] of commands.entries()) {
      if (
        index > 0 &&
        ["bool", "dot", "nil", "number", "string"].includes(
          operands[0]?.kind ?? "",
        )
      ) {
        throw this.fault(
          `non executable command in pipeline stage ${index + 1}`,
        );
      }
    }
    const { variables, assigns } = declared;
    const head =
      variables.length === 0
        ? ""
        : `${variables.join(", ")} ${assigns ? "=" : ":="} `;
    const shown = head + commands.map((one) => one.shown).join(" | ");
    return { variables, assigns, commands, at, shown };
  }

  private declaration(context: string): {
    readonly variables: readonly string[];
    readonly assigns: boolean;
  } {
    const mark = this.at;
    const variables: string[] = [];
    while (this.is("variable")) {
      variables.push(this.next().text);
      this.skipSpace();
      if (this.is(":=") || this.is("=")) {
        const assigns = this.next().kind === "=";
        if (!assigns) {
          this.variables.push(...variables);
        }
        return { variables, assigns };
      }
      if (context !== "range" || !this.is(",")) {
        break;
      }
      this.next();
      this.skipSpace();
    }
    this.at = mark;
    return { variables: [], assigns: false };
  }

  private command(): Command {
    const { at } = this.peek();
    const operands: Operand[] = [];
    for (;;) {
      this.skipSpace();
      const operand = this.operand();
      if (operand === undefined) {
        break;
      }
      operands.push(operand);
      if (!this.is("space")) {
        break;
      }
    }
    const { kind } = this.peek();
    if (!["space", "right", ")", "|"].includes(kind)) {
      throw this.unexpected(this.peek(), "operand");
    }
    if (operands.length === 0) {
      throw this.fault("empty command");
    }
    return { operands, at, shown: operands.map((one) => one.shown).join(" ") };
  }

  private operand(): Operand | undefined {
    const term = this.term();
    if (term === undefined || !this.is("field")) {
      return term;
    }
    const names: string[] = [];
    const { at } = this.peek();
    while (this.is("field")) {
      names.push(this.next().text.slice(1));
    }
    const shown = `${term.kind === "pipe" ? term.shown : term.shown}.${names.join(".")}`;
    switch (term.kind) {
      case "field":
        return { ...term, names: [...term.names, ...names], shown };
      case "variable":
        return { ...term, names: [...term.names, ...names], shown };
      case "bool":
      case "string":
      case "number":
      case "nil":
      case "dot":
        throw this.fault(
          `unexpected . after term ${JSON.stringify(term.shown)}`,
        );
      default:
        return { kind: "chain", of: term, names, at, shown };
    }
  }

  private term(): Operand | undefined {
    const token = this.peek();
    const { at, text: shown } = token;
    switch (token.kind) {
      case "identifier":
        this.next();
        if (!functionNames.has(shown)) {
          throw this.fault(`function ${JSON.stringify(shown)} not defined`);
        }
        return { kind: "identifier", name: shown, at, shown };
      case "dot":
      case "nil":
        this.next();
        return { kind: token.kind, at, shown };
      case "variable":
        this.next();
        if (!this.variables.includes(shown)) {
          throw this.fault(`undefined variable ${JSON.stringify(shown)}`);
        }
        return { kind: "variable", name: shown, names: [], at, shown };
      case "field":
        this.next();
        return { kind: "field", names: [shown.slice(1)], at, shown };
      case "bool":
        this.next();
        return { kind: "bool", value: shown === "true", at, shown };
      case "number":
        this.next();
        return { kind: "number", value: readNumber(shown), at, shown };
      case "string":
        this.next();
        return shown.startsWith("'")
          ? {
              kind: "number",
              value: BigInt(unquote(shown).codePointAt(0) ?? 0),
              at,
              shown,
            }
          : { kind: "string", value: unquote(shown), at, shown };
      case "(": {
        this.depth += 1;
        if (this.depth > maxDepth) {
          throw this.fault("max expression depth exceeded");
        }
        this.next();
        const pipe = this.pipe("parenthesized pipeline", ")");
        this.depth -= 1;
        return { kind: "pipe", pipe, at: pipe.at, shown: `(${pipe.shown})` };
      }
      default:
        return undefined;
    }
  }

  private keyword(): string | undefined {
    const { kind, text } = this.peek();
    return kind === "keyword" ? text : undefined;
  }

  private peek(): Token {
    return this.tokens[this.at] as Token;
  }

  private next(): Token {
    const token = this.peek();
    this.at = Math.min(this.at + 1, this.tokens.length - 1);
    return token;
  }

  private is(kind: TokenKind): boolean {
    return this.peek().kind === kind;
  }

  private skipSpace(): void {
    while (this.is("space")) {
      this.next();
    }
  }

  private expect(kind: TokenKind, context: string): void {
    this.skipSpace();
    if (!this.is(kind)) {
      throw this.unexpected(this.peek(), context);
    }
    this.next();
  }

  private unexpected({ kind, text }: Token, context: string): Error {
    const shown =
      kind === "EOF"
        ? "EOF"
        : kind === "keyword"
          ? `<${text}>`
          : JSON.stringify(text);
    return this.fault(`unexpected ${shown} in ${context}`);
  }

  private fault(text: string): Error {
    const { at } = this.tokens[Math.max(0, this.at - 1)] as Token;
    return parseFault(this.source, at, text);
  }
}

function readNumber(text: string): bigint | number {
  const plain = text.replaceAll("_", "");
  if (/^[+-]?(?:0[xXoObB][0-9a-fA-F]+|[0-9]+)$/.test(plain)) {
    const digits = plain.replace(/^[+-]/, "");
    const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
    return plain.startsWith("-") ? -BigInt(octal) : BigInt(octal);
  }
  return Number(plain);
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

/** The text within Go's quotes. */
function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith("`")
    ? inner
    : inner.replace(
        /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/g,
        unescapeOne,
      );
}

function unescapeOne(sequence: string): string {
  const body = sequence.slice(1);
  if (/^[xuU]./.test(body)) {
    const code = Number.parseInt(body.slice(1), 16);
    return code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
  }
  return /^[0-7]{3}$/.test(body)
    ? String.fromCodePoint(Number.parseInt(body, 8))
    : (escapes[body] ?? body);
}
