/** A node of OPA's JSON of a syntax tree. */
type Node = { readonly [key: string]: unknown };

/**
 * The tree as `opa parse` prints it, of its JSON with indentation: a line a
 * node, a blank a level. Numbers stay as they are written.
 */
export function prettyModule(json: string): string {
  const module: Node = JSON.parse(
    json.replace(/("type": "number",\s*"value": )([^\s,}]+)/g, '$1"$2"'),
  );
  const lines = ["module"];
  const emit = (depth: number, text: string): void => {
    lines.push(" ".repeat(depth) + text);
  };
  const printer = new TreePrinter(emit);
  emit(1, "package");
  const { path } = module["package"] as { path: readonly Node[] };
  printer.ref(2, path);
  for (const one of list(module["imports"])) {
    emit(1, "import");
    printer.term(2, one["path"] as Node);
    emit(2, String(one["alias"] ?? ""));
  }
  for (const rule of list(module["rules"])) {
    printer.rule(1, rule);
  }
  for (const _ of list(module["annotations"])) {
    emit(1, "annotations");
  }
  for (const _ of list(module["comments"])) {
    emit(1, "comment");
  }
  return `${lines.join("\n")}\n`;
}

function list(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value : [];
}

class TreePrinter {
  private readonly emit: (depth: number, text: string) => void;

  constructor(emit: (depth: number, text: string) => void) {
    this.emit = emit;
  }

  rule(depth: number, rule: Node): void {
    this.emit(depth, "rule");
    const head = rule["head"] as Node;
    this.emit(depth + 1, "head");
    this.ref(depth + 2, list(head["ref"]));
    const args = list(head["args"]);
    if (args.length > 0) {
      this.emit(depth + 2, "args");
      this.terms(depth + 3, args);
    }
    if (head["value"] !== undefined) {
      this.term(depth + 2, head["value"] as Node);
    }
    this.body(depth + 1, list(rule["body"]));
    if (rule["else"] !== undefined) {
      this.rule(depth + 1, rule["else"] as Node);
    }
  }

  body(depth: number, body: readonly Node[]): void {
    this.emit(depth, "body");
    for (const expr of body) {
      this.expr(depth + 1, expr);
    }
  }

  private expr(depth: number, expr: Node): void {
    const negated = expr["negated"] === true ? " negated" : "";
    this.emit(depth, `expr${negated} index=${expr["index"]}`);
    const terms = expr["terms"];
    if (Array.isArray(terms)) {
      this.terms(depth + 1, terms);
    } else {
      this.declaration(depth + 1, terms as Node);
    }
    for (const modifier of list(expr["with"])) {
      this.emit(depth + 1, "with");
      this.term(depth + 2, modifier["target"] as Node);
      this.term(depth + 2, modifier["value"] as Node);
    }
  }

  /** `some`, `every`, or a lone term. */
  private declaration(depth: number, node: Node): void {
    if (Array.isArray(node["symbols"])) {
      this.emit(depth, "somedecl");
      this.terms(depth + 1, node["symbols"]);
    } else if (node["domain"] !== undefined) {
      this.emit(depth, "every");
      if (node["key"]) {
        this.term(depth + 1, node["key"] as Node);
      }
      this.term(depth + 1, node["value"] as Node);
      this.term(depth + 1, node["domain"] as Node);
      this.body(depth + 1, list(node["body"]));
    } else {
      this.term(depth, node);
    }
  }

  private terms(depth: number, terms: readonly Node[]): void {
    for (const term of terms) {
      this.term(depth, term);
    }
  }

  ref(depth: number, parts: readonly Node[]): void {
    this.emit(depth, "ref");
    this.terms(depth + 1, parts);
  }

  term(depth: number, { type, value }: Node): void {
    switch (type) {
      case "var":
        this.emit(depth, /^\$\d+$/.test(String(value)) ? "_" : String(value));
        return;
      case "string":
        this.emit(depth, JSON.stringify(value));
        return;
      case "null":
        this.emit(depth, "null");
        return;
      case "boolean":
      case "number":
        this.emit(depth, String(value));
        return;
      case "object":
        this.emit(depth, "object");
        for (const [key, member] of value as readonly [Node, Node][]) {
          this.term(depth + 1, key);
          this.term(depth + 1, member);
        }
        return;
      case "templatestring":
        this.emit(depth, "templatestring");
        return;
      case "arraycomprehension":
      case "setcomprehension":
      case "objectcomprehension": {
        const { term, key, value: of, body } = value as Node;
        this.emit(depth, type);
        this.terms(
          depth + 1,
          [term, key, of].filter((one) => one !== undefined) as Node[],
        );
        this.body(depth + 1, list(body));
        return;
      }
      default:
        // ref, array, set and call hold lists of terms.
        this.emit(depth, String(type));
        this.terms(depth + 1, list(value));
    }
  }
}
