import { Scanner } from "./scanner.ts";
import { parseFault, type Token, YamlFault } from "./token.ts";

/** A node of a YAML document; lines count from 1. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode | AliasNode;

export type ScalarNode = {
  readonly kind: "scalar";
  readonly value: string;
  /** Written without quotes, so that it may be a number, a boolean, … */
  readonly plain: boolean;
  readonly tag: string;
  readonly line: number;
};

type SequenceNode = {
  readonly kind: "sequence";
  readonly items: YamlNode[];
  readonly line: number;
};

export type MappingNode = {
  readonly kind: "mapping";
  readonly entries: (readonly [YamlNode, YamlNode])[];
  readonly line: number;
};

type AliasNode = {
  readonly kind: "alias";
  readonly name: string;
  readonly target: YamlNode;
  readonly line: number;
};

// Deeper than anyone writes, and safe for the host's stack.
const maxDepth = 1000;

/**
 * How many tokens a version of go-yaml scans before it needs them: faults come
 * in its order.
 */
const tokensAhead = { second: 0, third: 2 } as const;

/** The first document of a text; undefined when it has none. Throws YamlFault. */
export function parseYaml(
  text: string,
  version: "second" | "third",
): YamlNode | undefined {
  return new DocumentParser(text, tokensAhead[version]).document();
}

class DocumentParser {
  private readonly scanner: Scanner;
  private readonly anchors = new Map<string, YamlNode>();
  private depth = 0;

  constructor(text: string, ahead: number) {
    this.scanner = new Scanner(text, ahead);
  }

  document(): YamlNode | undefined {
    const root = this.root();
    // What follows is no part of the document, but may be no YAML.
    this.scanner.peek();
    return root;
  }

  private root(): YamlNode | undefined {
    this.scanner.peek();
    this.scanner.skip();
    let token = this.scanner.peek();
    if (token.kind === "stream-end") {
      return undefined;
    }
    if (token.kind === "directive") {
      token = this.directives();
    }
    if (token.kind === "document-start") {
      this.scanner.skip();
      token = this.scanner.peek();
      const isEmpty =
        token.kind.startsWith("document") || token.kind === "stream-end";
      return isEmpty ? emptyScalar(token) : this.node(true, false);
    }
    return this.node(true, false);
  }

  /** Passes over `%YAML` and `%TAG` lines; gives the document's start behind them. */
  private directives(): Token {
    let version = "";
    for (;;) {
      const token = this.scanner.peek();
      if (token.kind === "document-start") {
        return token;
      }
      if (token.kind !== "directive") {
        const problem = "did not find expected <document start>";
        throw parseFault(problem, undefined, token.start);
      }
      this.scanner.skip();
      if (token.value !== "" && version !== "") {
        const problem = "found duplicate %YAML directive";
        throw parseFault(problem, undefined, token.start);
      }
      version ||= token.value;
      if (version !== "" && version !== "1.1") {
        const problem = "found incompatible YAML document";
        throw parseFault(problem, undefined, token.start);
      }
    }
  }

  /** Takes the next token if it is of this kind. */
  private take(kind: Token["kind"]): boolean {
    const found = this.scanner.peek().kind === kind;
    if (found) {
      this.scanner.skip();
    }
    return found;
  }

  private at(...kinds: readonly Token["kind"][]): boolean {
    return kinds.includes(this.scanner.peek().kind);
  }

  private node(block: boolean, indentless: boolean): YamlNode {
    const start = this.scanner.peek();
    if (this.take("alias")) {
      const target = this.anchors.get(start.value);
      if (!target) {
        throw new YamlFault(`unknown anchor '${start.value}' referenced`);
      }
      const line = start.start.line + 1;
      return { kind: "alias", name: start.value, target, line };
    }
    this.depth += 1;
    if (this.depth > maxDepth) {
      const problem = `exceeded max depth of ${maxDepth}`;
      throw parseFault(problem, undefined, start.start);
    }
    const node = this.content(block, indentless);
    this.depth -= 1;
    return node;
  }

  private content(block: boolean, indentless: boolean): YamlNode {
    const first = this.scanner.peek();
    let anchor: string | undefined;
    let tag = "";
    for (let read = 0; read < 2; read += 1) {
      const { kind, value } = this.scanner.peek();
      if (kind === "anchor" && anchor === undefined) {
        anchor = value;
        this.scanner.skip();
      } else if (kind === "tag" && tag === "") {
        tag = value;
        this.scanner.skip();
      }
    }
    const line = first.start.line + 1;
    const token = this.scanner.peek();
    const keep = <Node extends YamlNode>(node: Node): Node => {
      if (anchor !== undefined) {
        this.anchors.set(anchor, node);
      }
      return node;
    };
    if (token.kind === "scalar") {
      this.scanner.skip();
      const { plain, value } = token;
      return keep({ kind: "scalar", value, plain, tag, line });
    }
    const sequence = sequenceReader(token, block, indentless);
    if (sequence) {
      const node = keep<SequenceNode>({ kind: "sequence", items: [], line });
      this[sequence](node.items);
      return node;
    }
    const mapping = mappingReader(token, block);
    if (mapping) {
      const node = keep<MappingNode>({ kind: "mapping", entries: [], line });
      this[mapping](node.entries);
      return node;
    }
    if (anchor !== undefined || tag !== "") {
      return keep({ kind: "scalar", value: "", plain: true, tag, line });
    }
    const problem = "did not find expected node content";
    throw parseFault(problem, first.start, token.start);
  }

  blockSequence(items: YamlNode[]): void {
    const open = this.scanner.peek();
    this.scanner.skip();
    while (this.take("block-entry")) {
      items.push(
        this.at("block-entry", "block-end")
          ? emptyScalar(this.scanner.peek())
          : this.node(true, false),
      );
    }
    this.close("block-end", open, "'-' indicator");
  }

  /** `- a` under a key, at the key's own indentation. */
  indentlessSequence(items: YamlNode[]): void {
    while (this.take("block-entry")) {
      items.push(
        this.at("block-entry", "key", "value", "block-end")
          ? emptyScalar(this.scanner.peek())
          : this.node(true, false),
      );
    }
  }

  blockMapping(entries: MappingNode["entries"]): void {
    const open = this.scanner.peek();
    this.scanner.skip();
    while (this.take("key")) {
      const key = this.blockPart();
      const value = this.take("value")
        ? this.blockPart()
        : emptyScalar(this.scanner.peek());
      entries.push([key, value]);
    }
    this.close("block-end", open, "key");
  }

  private blockPart(): YamlNode {
    return this.at("key", "value", "block-end")
      ? emptyScalar(this.scanner.peek())
      : this.node(true, true);
  }

  flowSequence(items: YamlNode[]): void {
    const open = this.scanner.peek();
    this.scanner.skip();
    while (!this.at("flow-sequence-end")) {
      items.push(this.at("key") ? this.flowPair() : this.node(false, false));
      if (!this.take("flow-entry") && !this.at("flow-sequence-end")) {
        break;
      }
    }
    this.close("flow-sequence-end", open, "',' or ']'");
  }

  /** `a: b` within brackets is a mapping of one. */
  private flowPair(): YamlNode {
    const line = this.scanner.peek().start.line + 1;
    this.scanner.skip();
    const key = this.flowPart("value", "flow-entry", "flow-sequence-end");
    const value = this.take("value")
      ? this.flowPart("flow-entry", "flow-sequence-end")
      : emptyScalar(this.scanner.peek());
    return { kind: "mapping", entries: [[key, value]], line };
  }

  private flowPart(...ends: readonly Token["kind"][]): YamlNode {
    return this.at(...ends)
      ? emptyScalar(this.scanner.peek())
      : this.node(false, false);
  }

  flowMapping(entries: MappingNode["entries"]): void {
    const open = this.scanner.peek();
    this.scanner.skip();
    while (!this.at("flow-mapping-end")) {
      if (this.take("key")) {
        const key = this.flowPart("value", "flow-entry", "flow-mapping-end");
        const value = this.take("value")
          ? this.flowPart("flow-entry", "flow-mapping-end")
          : emptyScalar(this.scanner.peek());
        entries.push([key, value]);
      } else {
        const key = this.node(false, false);
        entries.push([key, emptyScalar(this.scanner.peek())]);
      }
      if (!this.take("flow-entry") && !this.at("flow-mapping-end")) {
        break;
      }
    }
    this.close("flow-mapping-end", open, "',' or '}'");
  }

  private close(kind: Token["kind"], open: Token, wanted: string): void {
    if (!this.take(kind)) {
      const problem = `did not find expected ${wanted}`;
      throw parseFault(problem, open.start, this.scanner.peek().start);
    }
  }
}

function sequenceReader({ kind }: Token, block: boolean, indentless: boolean) {
  if (kind === "flow-sequence-start") {
    return "flowSequence";
  }
  if (indentless && kind === "block-entry") {
    return "indentlessSequence";
  }
  return block && kind === "block-sequence-start" ? "blockSequence" : undefined;
}

function mappingReader({ kind }: Token, block: boolean) {
  if (kind === "flow-mapping-start") {
    return "flowMapping";
  }
  return block && kind === "block-mapping-start" ? "blockMapping" : undefined;
}

function emptyScalar({ start }: Token): ScalarNode {
  const line = start.line + 1;
  return { kind: "scalar", value: "", plain: true, tag: "", line };
}
