import type { BuiltinDeclaration } from "../builtins/host-builtin.ts";
import { builtinDeclarations } from "../builtins/registry.ts";
import { PolicyError } from "../error.ts";
import type { Block, Func, Operand, Policy, Stmt } from "../ir/ir.ts";
import type { Location } from "../source.ts";
import { type Json, jsonObject, writeJson } from "../syntax/json-text.ts";
import { publishedPolicy } from "./published-policy.ts";

/** The plan as OPA's `plan.json` has it. */
export function planJson(
  policy: Policy,
  declared: readonly BuiltinDeclaration[] = [],
): string {
  return new PlanWriter(publishedPolicy(policy), declared).text();
}

class PlanWriter {
  private readonly policy: Policy;
  private readonly declarations: ReadonlyMap<string, unknown>;
  private readonly files: ReadonlyMap<string, number>;

  constructor(policy: Policy, declared: readonly BuiltinDeclaration[]) {
    this.policy = policy;
    this.declarations = new Map<string, unknown>([
      ...builtinDeclarations,
      ...declared.flatMap(({ name, decl }) =>
        decl ? [[name, { ...decl, type: "function" }] as const] : [],
      ),
    ]);
    this.files = new Map(
      policy.static.files.map((name, place) => [name, place]),
    );
  }

  text(): string {
    const { funcs, plans, static: known } = this.policy;
    const builtins = known.builtinFuncs.toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    return writeJson(
      jsonObject({
        static: jsonObject({
          strings: filled(known.strings.map(stringConst)),
          builtin_funcs: filled(builtins.map(({ name }) => this.builtin(name))),
          files: filled(known.files.map(stringConst)),
        }),
        plans: jsonObject({
          plans: plans.map(({ name, blocks }) =>
            jsonObject({ name, blocks: this.blocks(blocks) }),
          ),
        }),
        funcs: jsonObject({ funcs: funcs.map((func) => this.func(func)) }),
      }),
    );
  }

  private builtin(name: string): Json {
    const decl = this.declarations.get(name);
    if (decl === undefined) {
      throw new PolicyError("internal_error", `\`${name}\` is not declared`);
    }
    return jsonObject({ name, decl: plainJson(decl) });
  }

  private func({ name, params, return: result, blocks, path }: Func): Json {
    return jsonObject({
      name,
      params: params.map(whole),
      return: whole(result),
      blocks: this.blocks(blocks),
      path: filled(path),
    });
  }

  private blocks(blocks: readonly Block[]): Json {
    return blocks.map((block) => this.block(block));
  }

  private block({ stmts }: Block): Json {
    return jsonObject({ stmts: stmts.map((stmt) => this.stmt(stmt)) });
  }

  private stmt(stmt: Stmt): Json {
    const { kind, location, ...fields } = stmt;
    const written = Object.entries(fields)
      .filter(([name]) => name !== "conflict")
      .map(([name, value]) => [name, this.field(value)] as const);
    const own = Object.fromEntries(written);
    return jsonObject({
      type: kind,
      stmt: jsonObject({
        ...own,
        ...this.place(location),
        // Older readers know the field by this name alone.
        ...(kind === "MakeNumberRefStmt" && { Index: own["index"] }),
      }),
    });
  }

  /** What a statement has: operands, blocks, texts, and numbers of locals or constants. */
  private field(value: unknown): Json {
    if (typeof value === "number") {
      return whole(value);
    }
    if (Array.isArray(value)) {
      return value.map((item) => this.field(item));
    }
    if (typeof value === "string") {
      return value;
    }
    return isBlock(value) ? this.block(value) : operandJson(value as Operand);
  }

  /** A place that is in no file is that of a query, which has none. */
  private place(location: Location): Readonly<Record<string, Json>> {
    const file = this.files.get(location.file);
    const {
      row,
      col,
      text = "",
    } = file === undefined ? { row: 0, col: 0 } : location;
    const lines = text.split("\n");
    const last = [...(lines.at(-1) ?? "")].length;
    return {
      file: whole(file ?? 0),
      col: whole(col),
      row: whole(row),
      end_col: whole(lines.length > 1 ? 1 + last : col + last),
      end_row: whole(row + lines.length - 1),
    };
  }
}

function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && "stmts" in value;
}

function operandJson({ kind, value }: Operand): Json {
  return jsonObject({
    type: kind,
    value: typeof value === "number" ? whole(value) : value,
  });
}

function stringConst(value: string): Json {
  return jsonObject({ value });
}

function whole(value: number): Json {
  return { number: String(value) };
}

function filled(items: readonly Json[]): Json | undefined {
  return items.length === 0 ? undefined : items;
}

/** JSON as JavaScript has it, its members in their order. */
function plainJson(value: unknown): Json {
  if (Array.isArray(value)) {
    return value.map(plainJson);
  }
  if (typeof value === "number") {
    return whole(value);
  }
  if (typeof value !== "object" || value === null) {
    return value as string | boolean | null;
  }
  const fields = Object.entries(value).map(
    ([name, member]) => [name, plainJson(member)] as const,
  );
  return jsonObject(Object.fromEntries(fields));
}
