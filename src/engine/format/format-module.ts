import { PolicyError } from "../error.ts";
import type { Import, Module, Package, RefTerm, Rule } from "../syntax/ast.ts";
import { formatImports, isAdded } from "./format-imports.ts";
import { refText } from "./format-ref.ts";
import { formatRule, isOneLiner } from "./format-rule.ts";
import { comparePlaces } from "./rows.ts";
import { commentText, MisplacedComment, type Writer } from "./writer.ts";

/** Writes a module: its package, then imports and rules in the order they stood. */
export function formatModule(writer: Writer, module: Module): void {
  formatPackage(writer, module.package);
  const first = module.rules[0]?.location.row;
  // What is added among or behind the rules would have no effect there.
  const isLate =
    first !== undefined &&
    module.imports.some((one) => isAdded(one) && one.location.row >= first);
  const early = isLate ? module.imports.filter(isAdded) : [];
  const imports = module.imports.filter((one) => !early.includes(one));
  formatImports(writer, early);
  for (const run of runsOf(imports, module.rules)) {
    formatImports(writer, run.imports);
    formatRules(writer, run.rules);
  }
  for (const comment of writer.takeAbove(Number.POSITIVE_INFINITY)) {
    writer.line(commentText(comment));
  }
}

function formatPackage(writer: Writer, { location, path }: Package): void {
  writer.comments(location.row);
  writer.startLine();
  const [, name, ...rest] = path.value;
  if (name?.kind !== "string") {
    writer.errors.push(
      new PolicyError("rego_parse_error", "invalid package path", { location }),
    );
    return;
  }
  // Without the `data` that every package path begins with.
  const shown: RefTerm = {
    ...path,
    value: [{ ...name, kind: "var" }, ...rest],
  };
  writer.write(`package ${refText(writer, shown)}`);
  writer.blankLine();
}

type Run = { readonly imports: Import[]; readonly rules: Rule[] };

/** Imports and rules by their places: some of the one, then some of the other. */
function runsOf(imports: readonly Import[], rules: readonly Rule[]): Run[] {
  const runs: Run[] = [{ imports: [], rules: [] }];
  const all = [
    ...imports.map((one) => ({ place: one.location, import: one })),
    ...rules.map((rule) => ({ place: rule.location, rule })),
  ].sort((a, b) => comparePlaces(a.place, b.place));
  for (const entry of all) {
    const last = runs.at(-1) as Run;
    if ("rule" in entry) {
      last.rules.push(entry.rule);
    } else if (last.rules.length === 0) {
      last.imports.push(entry.import);
    } else {
      runs.push({ imports: [entry.import], rules: [] });
    }
  }
  return runs;
}

function formatRules(writer: Writer, rules: readonly Rule[]): void {
  const start = writer.mark();
  for (const [index, rule] of rules.entries()) {
    try {
      writer.comments(rule.location.row);
      formatRule(writer, rule);
    } catch (error) {
      if (!(error instanceof MisplacedComment)) {
        throw error;
      }
      writer.restoreLevel(start);
    }
    const next = rules[index + 1];
    const isClose =
      next &&
      next.location.row === rule.location.row + 1 &&
      isOneLiner(writer, rule) &&
      isOneLiner(writer, next);
    if (!isClose) {
      writer.blankLine();
    }
  }
}
