import { PolicyError } from "../error.ts";
import type { Constant } from "../ir/constant.ts";
import {
  type Block,
  dataLocal,
  type Func,
  inputLocal,
  type Local,
  type Operand,
  type Plan,
  type Policy,
  type Stmt,
} from "../ir/ir.ts";
import {
  freeLocal,
  withInnerBlocks,
  withOperands,
} from "../optimize/statement-parts.ts";
import { localOperand, Writer } from "../plan/writer.ts";
import type { Location } from "../source.ts";
import { withLocalBreaks } from "./local-breaks.ts";
import { mergeFunction, mergeName } from "./merge-function.ts";

const nowhere: Location = { file: "", row: 0, col: 0 };

/**
 * A policy that says the same in statements of OPA alone, laid out so that every
 * reader of OPA's plans understands it alike. Base data under a number is looked
 * up as OPA's plans look it up: by the number, not by its text.
 */
export function publishedPolicy(policy: Policy): Policy {
  const expander = new Expander(policy);
  const plans = policy.plans.map((plan) => expander.plan(plan));
  const funcs = policy.funcs.map((func) => expander.func(func));
  const merges = Array.from({ length: expander.deepestMerge }, (_, at) =>
    expander.func(mergeFunction(at + 1)),
  );
  const { static: known } = policy;
  return {
    ...policy,
    static: { ...known, constants: [], strings: expander.strings() },
    plans,
    funcs: [...funcs, ...merges],
  };
}

class Expander {
  private readonly policy: Policy;
  private readonly places: Map<string, number>;
  /** Objects of up to so many keys are merged. */
  deepestMerge = 0;

  constructor(policy: Policy) {
    this.policy = policy;
    this.places = new Map(
      policy.static.strings.map((text, place) => [text, place]),
    );
  }

  strings(): readonly string[] {
    return [...this.places.keys()];
  }

  plan({ name, blocks }: Plan): Plan {
    return { name, blocks: withLocalBreaks(this.expanded(blocks).map(bare)) };
  }

  /** A function that ends without a value says so in a block of its own. */
  func(func: Func): Func {
    const blocks = withLocalBreaks(this.expanded(func.blocks));
    const { location } = blocks.at(-1)?.stmts.at(-1) ?? { location: nowhere };
    const end: Block = {
      stmts: [
        { kind: "ResetLocalStmt", target: func.return, location },
        { kind: "ReturnLocalStmt", source: func.return, location },
      ],
    };
    return { ...func, blocks: [...blocks, end] };
  }

  private expanded(blocks: readonly Block[]): readonly Block[] {
    const writer = new Writer(freeLocal(blocks));
    return blocks.map((block) => this.block(block, writer));
  }

  private block({ stmts }: Block, writer: Writer): Block {
    return writer.block(() => {
      for (const stmt of stmts) {
        writer.location = stmt.location;
        this.stmt(stmt, writer);
      }
    });
  }

  private stmt(stmt: Stmt, writer: Writer): void {
    const plain = withOperands(
      withInnerBlocks(stmt, (inner) => this.block(inner, writer)),
      (operand) => this.operand(operand, writer),
    );
    switch (plain.kind) {
      case "CallCaseStmt":
      case "EventStmt":
      case "ValueStmt":
        throw new PolicyError(
          "internal_error",
          `a published plan has no ${plain.kind}`,
        );
      case "DocumentDotStmt":
        writer.emit({ ...plain, kind: "DotStmt" });
        return;
      case "ObjectMergeOnceStmt":
        this.merge(plain, writer);
        return;
      default:
        writer.emit(plain);
    }
  }

  private merge(
    { a, b, depth, target }: Extract<Stmt, { kind: "ObjectMergeOnceStmt" }>,
    writer: Writer,
  ): void {
    this.deepestMerge = Math.max(this.deepestMerge, depth);
    writer.emit({
      kind: "CallStmt",
      func: mergeName(depth),
      args: [inputLocal, dataLocal, a, b].map(localOperand),
      result: target,
    });
  }

  private operand(operand: Operand, writer: Writer): Operand {
    if (operand.kind !== "constant_index") {
      return operand;
    }
    const constant = this.policy.static.constants[operand.value];
    return constant ? this.built(constant, writer) : operand;
  }

  /** Statements that build a constant. */
  private built(constant: Constant, writer: Writer): Operand {
    switch (constant.kind) {
      case "boolean":
        return { kind: "bool", value: constant.value };
      case "string":
        return { kind: "string_index", value: this.place(constant.value) };
      default: {
        const target = writer.local();
        this.build(constant, target, writer);
        return localOperand(target);
      }
    }
  }

  private build(
    constant: Exclude<Constant, { kind: "boolean" | "string" }>,
    target: Local,
    writer: Writer,
  ): void {
    switch (constant.kind) {
      case "null":
        writer.emit({ kind: "MakeNullStmt", target });
        return;
      case "number": {
        const index = this.place(constant.value);
        writer.emit({ kind: "MakeNumberRefStmt", index, target });
        return;
      }
      case "array": {
        const { value: items } = constant;
        const capacity = items.length;
        writer.emit({ kind: "MakeArrayStmt", capacity, target });
        for (const item of items) {
          const value = this.built(item, writer);
          writer.emit({ kind: "ArrayAppendStmt", value, array: target });
        }
        return;
      }
      case "set":
        writer.emit({ kind: "MakeSetStmt", target });
        for (const item of constant.value) {
          const value = this.built(item, writer);
          writer.emit({ kind: "SetAddStmt", value, set: target });
        }
        return;
      case "object":
        writer.emit({ kind: "MakeObjectStmt", target });
        for (const [name, item] of constant.value) {
          const key = {
            kind: "string_index",
            value: this.place(name),
          } as const;
          const value = this.built(item, writer);
          writer.emit({ kind: "ObjectInsertStmt", key, value, object: target });
        }
    }
  }

  private place(text: string): number {
    const known = this.places.get(text);
    if (known !== undefined) {
      return known;
    }
    this.places.set(text, this.places.size);
    return this.places.size - 1;
  }
}

/** The block that is all that a block holds. */
function bare(block: Block): Block {
  const [only, ...more] = block.stmts;
  const inner = only?.kind === "BlockStmt" ? only.blocks : [];
  return inner[0] && inner.length === 1 && more.length === 0 ? inner[0] : block;
}
