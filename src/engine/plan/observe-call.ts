import { elseChain } from "../analysis/map.ts";
import type { RuleTree } from "../analysis/rule-tree.ts";
import type { AskedRules, Func, Local, Operand } from "../ir/ir.ts";
import { dataLocal, inputLocal } from "../ir/ir.ts";
import { requireIndexed } from "./index-guard.ts";
import { generationOf, tellNames } from "./observe.ts";
import type { Observer } from "./observer.ts";
import { dotted } from "./path-name.ts";
import type { Planner } from "./planner.ts";
import { localOperand, Writer } from "./writer.ts";

/** Rules that an expression asks for. */
export type Asked = {
  readonly node: RuleTree;
  readonly kind: AskedRules;
  /** Arguments of a function, keys of a member. */
  readonly values: readonly Operand[];
};

/**
 * Asks for rules by `call`, and goes on with what they answer; in a trace with
 * the events around it, and `next` inside of them.
 */
export function observeCall(
  planner: Planner,
  asked: Asked,
  call: () => Local,
  next: (result: Local) => void,
): void {
  const { observer } = planner.program;
  if (!observer?.trace) {
    next(call());
    return;
  }
  const { writer } = planner;
  const position = observer.call(asked.node, asked.kind);
  tellIndex(planner, observer, asked, position);
  const result = writer.local();
  writer.emit({ kind: "ResetLocalStmt", target: result });
  writer.attempt(() => {
    const source = localOperand(call());
    writer.emit({ kind: "AssignVarStmt", source, target: result });
  });
  writer.emit({ kind: "EventStmt", event: "return", position });
  writer.attempt(() => {
    writer.emit({ kind: "IsDefinedStmt", source: result });
    next(result);
  });
  writer.emit({ kind: "EventStmt", event: "end", position });
  // What follows was planned inside.
  planner.fail();
}

/** Tells of a function that is met in a document, as a document without a value. */
export function observeFunction(planner: Planner, node: RuleTree): void {
  const { observer } = planner.program;
  if (!observer?.trace) {
    return;
  }
  const { writer } = planner;
  for (const rule of node.rules.flatMap((placed) => elseChain(placed.rule))) {
    if (!rule.default) {
      const position = observer.rule(rule, generationOf(planner));
      writer.emit({ kind: "EventStmt", event: "match", position });
    }
  }
  const position = observer.call(node, "leaf");
  writer.emit({ kind: "EventStmt", event: "index", position });
  writer.emit({ kind: "EventStmt", event: "return", position });
  writer.emit({ kind: "EventStmt", event: "end", position });
}

/** Tells which rules the index chooses, then that they are asked for. */
function tellIndex(
  planner: Planner,
  observer: Observer,
  { node, kind, values }: Asked,
  position: number,
): void {
  const { writer } = planner;
  const given = [inputLocal, dataLocal].map(localOperand);
  const args = kind === "function" ? [...given, ...values] : given;
  const func = planMatches(planner, observer, node);
  writer.emit({ kind: "CallStmt", func, args, result: writer.local() });
  const array = writer.local();
  const capacity = values.length;
  writer.emit({ kind: "MakeArrayStmt", capacity, target: array });
  for (const value of values) {
    writer.emit({ kind: "ArrayAppendStmt", value, array });
  }
  tellNames(planner, "index", position);
  writer.emit({ kind: "EventStmt", event: "index", position, values: array });
}

/** A function that tells which of the rules at a node the index chooses. */
function planMatches(
  outer: Planner,
  observer: Observer,
  node: RuleTree,
): string {
  const { program, overrides } = outer;
  const generation = program.generation(overrides);
  const name = `${generation}.matches.data${dotted(node.path)}`;
  return program.func(name, (): Func => {
    const arity = node.rules[0]?.rule.head.args.length ?? 0;
    const params = Array.from({ length: 2 + arity }, (_, index) => index);
    const writer = new Writer(params.length);
    const planner = outer.fork(writer);
    for (const rule of node.rules.flatMap((placed) => elseChain(placed.rule))) {
      const position = observer.rule(rule, generation);
      if (!rule.default) {
        writer.location = rule.location;
        writer.attempt(() => {
          requireIndexed(planner, rule);
          writer.emit({ kind: "EventStmt", event: "match", position });
        });
      }
    }
    const target = writer.local();
    writer.emit({ kind: "MakeNullStmt", target });
    writer.emit({ kind: "ReturnLocalStmt", source: target });
    const blocks = writer.finish();
    return { name, path: [], params, return: target, part: true, blocks };
  });
}
