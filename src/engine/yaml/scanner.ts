import { Cursor } from "./cursor.ts";
import { scanDirective } from "./scan-directive.ts";
import { scanBlock, scanPlain, scanQuoted } from "./scan-scalar.ts";
import { scanTag, standardHandles } from "./scan-tag.ts";
import {
  type Mark,
  parseFault,
  scanFault,
  type Token,
  type TokenKind,
} from "./token.ts";

/** What may turn out to be a key once a `:` follows. */
type SimpleKey = {
  possible: boolean;
  readonly required: boolean;
  readonly token: number;
  readonly mark: Mark;
};

const maxDepth = 10_000;
const maxKeyLength = 1024;

const flowTokens: ReadonlyMap<string, TokenKind> = new Map([
  ["[", "flow-sequence-start"],
  ["{", "flow-mapping-start"],
  ["]", "flow-sequence-end"],
  ["}", "flow-mapping-end"],
]);

/**
 * YAML text as tokens. The grammar is that of libyaml: indentation opens and
 * closes block collections, and a key is known by the `:` behind it.
 */
export class Scanner {
  private readonly cursor: Cursor;
  private readonly ahead: number;
  private readonly queue: Token[] = [];
  private readonly keys: SimpleKey[] = [];
  private readonly indents: number[] = [];
  /** What tags' handles stand for, and those that the document declares. */
  private readonly handles = standardHandles();
  private readonly ownHandles = new Set<string>();
  private indent = -1;
  private flowLevel = 0;
  private taken = 0;
  private keyAllowed = true;
  private started = false;

  /** `ahead`: how many tokens are scanned before they are asked for. */
  constructor(text: string, ahead: number) {
    this.cursor = new Cursor(text);
    this.ahead = ahead;
  }

  /** The next token, which stays. */
  peek(): Token {
    this.fill();
    return this.queue[0] as Token;
  }

  skip(): void {
    this.queue.shift();
    this.taken += 1;
  }

  /** Scans on until the next token cannot become a key any more. */
  private fill(): void {
    while (
      (this.keys.some((key) => key.token === this.taken && this.isValid(key)) ||
        this.queue.length <= this.ahead) &&
      this.queue.at(-1)?.kind !== "stream-end"
    ) {
      this.fetch();
    }
  }

  private isValid(key: SimpleKey): boolean {
    if (!key.possible) {
      return false;
    }
    const { index, line } = this.cursor;
    if (key.mark.line < line || key.mark.index + maxKeyLength < index) {
      this.requireNone(key);
      key.possible = false;
    }
    return key.possible;
  }

  private requireNone(key: SimpleKey): void {
    if (key.required) {
      throw scanFault(
        "could not find expected ':'",
        key.mark,
        this.cursor.mark(),
      );
    }
  }

  private push(kind: TokenKind, start: Mark, value = "", plain = false): void {
    this.queue.push({ kind, start, value, plain });
  }

  private fetch(): void {
    if (!this.started) {
      this.started = true;
      this.keys.push({
        possible: false,
        required: false,
        token: -1,
        mark: this.cursor.mark(),
      });
      this.push("stream-start", this.cursor.mark());
      return;
    }
    this.skipToToken();
    this.unroll(this.cursor.column);
    if (this.cursor.isEnd()) {
      this.fetchEnd();
    } else if (this.cursor.column === 0 && this.cursor.peek() === "%") {
      this.fetchDirective();
    } else if (this.cursor.isDocumentIndicator()) {
      this.fetchDocument();
    } else {
      this.fetchToken(this.cursor.peek());
    }
  }

  private skipToToken(): void {
    const { cursor } = this;
    for (;;) {
      const skipsTabs = this.flowLevel > 0 || !this.keyAllowed;
      while (cursor.peek() === " " || (skipsTabs && cursor.peek() === "\t")) {
        cursor.skip();
      }
      cursor.skipComment();
      if (!cursor.isBreak()) {
        return;
      }
      cursor.readBreak();
      this.keyAllowed ||= this.flowLevel === 0;
    }
  }

  private fetchEnd(): void {
    if (this.cursor.column !== 0) {
      this.cursor.column = 0;
      this.cursor.line += 1;
    }
    this.unroll(-1);
    this.removeKey();
    this.keyAllowed = false;
    this.push("stream-end", this.cursor.mark());
  }

  private fetchDocument(): void {
    this.unroll(-1);
    this.removeKey();
    this.keyAllowed = false;
    const start = this.cursor.mark();
    const isStart = this.cursor.peek() === "-";
    this.cursor.skip(3);
    this.push(isStart ? "document-start" : "document-end", start);
  }

  private fetchToken(character: string): void {
    const { cursor } = this;
    const inFlow = this.flowLevel > 0;
    const flow = flowTokens.get(character);
    if (flow) {
      this.fetchFlow(flow);
    } else if (character === ",") {
      this.removeKey();
      this.keyAllowed = true;
      this.single("flow-entry");
    } else if (character === "-" && cursor.isBlankOrEnd(1)) {
      this.fetchEntry();
    } else if (character === "?" && (inFlow || cursor.isBlankOrEnd(1))) {
      this.fetchKey();
    } else if (character === ":" && (inFlow || cursor.isBlankOrEnd(1))) {
      this.fetchValue();
    } else {
      this.fetchScalar(character);
    }
  }

  private fetchScalar(character: string): void {
    const { cursor } = this;
    const start = cursor.mark();
    if (!this.flowLevel && (character === "|" || character === ">")) {
      this.removeKey();
      this.keyAllowed = true;
      this.push("scalar", start, scanBlock(cursor, this.indent));
      return;
    }
    const isQuote = character === "'" || character === '"';
    if (!isQuote && !"*&!".includes(character) && !this.startsPlain()) {
      const problem = "found character that cannot start any token";
      throw scanFault(problem, cursor.mark(), cursor.mark());
    }
    this.saveKey();
    this.keyAllowed = false;
    if (isQuote) {
      this.push("scalar", start, scanQuoted(cursor));
    } else if (character === "*" || character === "&") {
      this.fetchAnchor(character);
    } else if (character === "!") {
      this.fetchTag();
    } else {
      const { value, broken } = scanPlain(cursor, {
        indent: this.indent + 1,
        inFlow: this.flowLevel > 0,
      });
      this.push("scalar", start, value, true);
      this.keyAllowed = broken;
    }
  }

  private startsPlain(): boolean {
    const { cursor } = this;
    const character = cursor.peek();
    if (character === "-") {
      return !cursor.isBlank(1);
    }
    if (character === "?" || character === ":") {
      return this.flowLevel === 0 && !cursor.isBlankOrEnd(1);
    }
    return !cursor.isBlank() && !",[]{}#&*!|>'\"%@`".includes(character);
  }

  private single(kind: TokenKind): void {
    const start = this.cursor.mark();
    this.cursor.skip();
    this.push(kind, start);
  }

  private fetchFlow(kind: TokenKind): void {
    if (kind.endsWith("start")) {
      this.saveKey();
      this.keys.push({
        possible: false,
        required: false,
        token: -1,
        mark: this.cursor.mark(),
      });
      this.flowLevel += 1;
      this.checkDepth(this.flowLevel);
    } else {
      this.removeKey();
      if (this.flowLevel > 0) {
        this.flowLevel -= 1;
        this.keys.pop();
      }
    }
    this.keyAllowed = kind.endsWith("start");
    this.single(kind);
  }

  private checkDepth(depth: number): void {
    if (depth > maxDepth) {
      const problem = `exceeded max depth of ${maxDepth}`;
      throw scanFault(problem, this.keys.at(-1)?.mark, this.cursor.mark());
    }
  }

  private refuse(what: string): never {
    const problem = `${what} are not allowed in this context`;
    throw scanFault(problem, this.cursor.mark(), this.cursor.mark());
  }

  private fetchEntry(): void {
    if (this.flowLevel === 0) {
      if (!this.keyAllowed) {
        this.refuse("block sequence entries");
      }
      this.roll("block-sequence-start", this.cursor.mark());
    }
    this.removeKey();
    this.keyAllowed = true;
    this.single("block-entry");
  }

  private fetchKey(): void {
    if (this.flowLevel === 0) {
      if (!this.keyAllowed) {
        this.refuse("mapping keys");
      }
      this.roll("block-mapping-start", this.cursor.mark());
    }
    this.removeKey();
    this.keyAllowed = this.flowLevel === 0;
    this.single("key");
  }

  private fetchValue(): void {
    const key = this.keys.at(-1);
    if (key && this.isValid(key)) {
      const { mark, token } = key;
      const at = token - this.taken;
      this.queue.splice(at, 0, {
        kind: "key",
        start: mark,
        value: "",
        plain: false,
      });
      this.roll("block-mapping-start", mark, at);
      key.possible = false;
      this.keyAllowed = false;
    } else {
      if (this.flowLevel === 0) {
        if (!this.keyAllowed) {
          this.refuse("mapping values");
        }
        this.roll("block-mapping-start", this.cursor.mark());
      }
      this.keyAllowed = this.flowLevel === 0;
    }
    this.single("value");
  }

  private fetchAnchor(character: string): void {
    const start = this.cursor.mark();
    this.cursor.skip();
    const name = this.cursor.readWhile(/[0-9A-Za-z_-]/);
    const follows = this.cursor.peek();
    if (
      name === "" ||
      !(this.cursor.isBlankOrEnd() || "?:,]}%@`".includes(follows))
    ) {
      const problem = "did not find expected alphabetic or numeric character";
      throw scanFault(problem, start, this.cursor.mark());
    }
    this.push(character === "*" ? "alias" : "anchor", start, name);
  }

  private fetchTag(): void {
    const start = this.cursor.mark();
    this.push("tag", start, scanTag(this.cursor, this.handles));
  }

  private fetchDirective(): void {
    this.unroll(-1);
    this.removeKey();
    this.keyAllowed = false;
    const start = this.cursor.mark();
    const directive = scanDirective(this.cursor);
    if (directive.kind === "version") {
      this.push("directive", start, directive.value);
      return;
    }
    if (this.ownHandles.has(directive.handle)) {
      throw parseFault("found duplicate %TAG directive", undefined, start);
    }
    this.ownHandles.add(directive.handle);
    this.handles.set(directive.handle, directive.prefix);
    this.push("directive", start);
  }

  private saveKey(): void {
    if (!this.keyAllowed) {
      return;
    }
    this.removeKey();
    this.keys[this.keys.length - 1] = {
      possible: true,
      required: this.flowLevel === 0 && this.indent === this.cursor.column,
      token: this.taken + this.queue.length,
      mark: this.cursor.mark(),
    };
  }

  private removeKey(): void {
    const key = this.keys.at(-1);
    if (key?.possible) {
      this.requireNone(key);
      key.possible = false;
    }
  }

  private roll(kind: TokenKind, mark: Mark, at = this.queue.length): void {
    if (this.flowLevel > 0 || this.indent >= mark.column) {
      return;
    }
    this.indents.push(this.indent);
    this.indent = mark.column;
    this.checkDepth(this.indents.length);
    this.queue.splice(at, 0, { kind, start: mark, value: "", plain: false });
  }

  private unroll(column: number): void {
    while (this.flowLevel === 0 && this.indent > column) {
      this.push("block-end", this.cursor.mark());
      this.indent = this.indents.pop() ?? -1;
    }
  }
}
