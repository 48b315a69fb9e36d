import { ruleShape } from "../analysis/check-conflicts.ts";
import { isScalar } from "../analysis/map.ts";
import type { RuleTree, TreeRule } from "../analysis/rule-tree.ts";
import { type Constant, compareConstants } from "../ir/constant.ts";
import {
  dataLocal,
  type Func,
  inputLocal,
  type Local,
  type Operand,
} from "../ir/ir.ts";
import type { Rule, Term } from "../syntax/ast.ts";
import { Bindings } from "./bindings.ts";
import { observeDocument } from "./observe.ts";
import { observeCall, observeFunction } from "./observe-call.ts";
import { dotted } from "./path-name.ts";
import { planDocumentDots, planDots } from "./plan-dots.ts";
import { planConstantMember, planMember, planRules } from "./plan-rule.ts";
import { type Next, Planner } from "./planner.ts";
import { localOperand, Writer } from "./writer.ts";

/** Plans a ref into data: rules where the tree has them, base data elsewhere. */
export function planDocument(
  planner: Planner,
  keys: readonly Term[],
  next: Next,
): void {
  walk(planner, planner.program.analysis.ruleTree, { keys, index: 0 }, next);
}

/** No keys: a document that is part of a larger one. */
const leafKeys: readonly Term[] = [];

type Walk = { readonly keys: readonly Term[]; readonly index: number };

function walk(
  planner: Planner,
  node: RuleTree,
  { keys, index }: Walk,
  next: Next,
): void {
  const rest = index === 0 ? keys : keys.slice(index);
  const [key] = rest;
  if (planner.isHidden(node)) {
    base(planner, node.path, rest, next);
  } else if (isRules(node)) {
    if (ruleShape(node.rules[0] as TreeRule) === "function") {
      observeFunction(planner, node);
      planner.fail();
      return;
    }
    if (planner.program.observer) {
      planObservedDocument(planner, node, rest, next);
      return;
    }
    const value = callDocument(planner, planRules(planner, node.path));
    planDots(planner, localOperand(value), rest, next);
  } else if (key?.kind === "string" && node.rules.length === 0) {
    const child = node.children.get(key.value);
    if (child) {
      walk(planner, child, { keys, index: index + 1 }, next);
    } else {
      base(planner, node.path, rest, next);
    }
  } else if (
    key &&
    node.rules.length === 0 &&
    rest.every((one) => !planner.isPattern(one))
  ) {
    planner.term(key, (operand) =>
      dispatch(planner, node, { key: operand, rest: rest.slice(1) }, next),
    );
  } else {
    const value = extent(planner, node);
    planDots(planner, localOperand(value), rest, next);
  }
}

/** Whether a node has rules, and nothing below it. */
function isRules({ children, rules }: RuleTree): boolean {
  return rules.length > 0 && children.size === 0;
}

/** What rules give, then the remaining keys, with the events around them. */
function planObservedDocument(
  planner: Planner,
  node: RuleTree,
  keys: readonly Term[],
  next: Next,
): void {
  const [key] = keys;
  const shape = ruleShape(node.rules[0] as TreeRule);
  // Of a partial document OPA evaluates the one member that a known key names.
  const isMember = key && shape !== "complete" && !planner.isPattern(key);
  const chosen = isMember ? [key] : [];
  const names = node.path.map(
    (value): Term => ({ kind: "string", value, location: noLocation }),
  );
  const tell = observeDocument(planner, [...names, ...chosen]);
  askRules(planner, node, keys, (whole) =>
    planDots(planner, localOperand(whole), chosen, (found) => {
      tell(found);
      planDots(planner, found, keys.slice(chosen.length), next);
    }),
  );
}

const noLocation = { file: "", row: 1, col: 1 };

/** The document of the rules at a node, of which the keys choose something. */
function askRules(
  planner: Planner,
  node: RuleTree,
  keys: readonly Term[],
  next: (value: Local) => void,
): void {
  const call = (): Local =>
    callDocument(planner, planRules(planner, node.path));
  const shape = ruleShape(node.rules[0] as TreeRule);
  if (shape === "complete") {
    const kind = keys === leafKeys ? "leaf" : "document";
    observeCall(planner, { node, kind, values: [] }, call, next);
    return;
  }
  const known = memberKeys(planner, node, keys);
  if (known.length === 0) {
    observeCall(planner, { node, kind: "partial", values: [] }, call, next);
    return;
  }
  if (!planner.program.observer?.trace && known.every(isScalar)) {
    next(callDocument(planner, planConstantMember(planner, node, known)));
    return;
  }
  planner.terms(known, (values) =>
    observeCall(
      planner,
      { node, kind: "member", values },
      () =>
        callDocument(planner, planMember(planner, node, values.length), values),
      next,
    ),
  );
}

/**
 * The keys by which OPA evaluates a part of a partial document alone: those at
 * the front that are known. Only an instrumented build does so; otherwise the
 * whole document is made once for all.
 */
function memberKeys(
  planner: Planner,
  { rules }: RuleTree,
  keys: readonly Term[],
): readonly Term[] {
  const unknown = keys.findIndex((key) => planner.isPattern(key));
  const known = unknown < 0 ? keys.length : unknown;
  const depths = rules.map(
    (placed) => placed.keys.length + (placed.rule.head.key ? 1 : 0),
  );
  return keys.slice(0, Math.min(known, Math.max(...depths)));
}

/** Base data at a constant path, then the remaining keys. */
function base(
  planner: Planner,
  path: readonly string[],
  rest: readonly Term[],
  next: Next,
): void {
  let source: Local = dataLocal;
  for (const name of path) {
    const target = planner.writer.local();
    planner.writer.emit({
      kind: "DotStmt",
      source: localOperand(source),
      key: planner.string(name),
      target,
    });
    source = target;
  }
  planDocumentDots(planner, localOperand(source), rest, next);
}

type Choice = {
  /** Known only at run time. */
  readonly key: Operand;
  readonly rest: readonly Term[];
};

/** A key known only at run time: the child of that name, else base data. */
function dispatch(
  planner: Planner,
  node: RuleTree,
  choice: Choice,
  next: Next,
): void {
  const { writer } = planner;
  const result = writer.local();
  const assign: Next = (source) =>
    writer.emit({ kind: "AssignVarStmt", source, target: result });
  writer.emit({ kind: "ResetLocalStmt", target: result });
  chooseChild(planner, node, choice, assign);
  writer.attempt(() => {
    writer.emit({ kind: "IsUndefinedStmt", source: result });
    base(planner, node.path, [], (source) => {
      const target = writer.local();
      const { key } = choice;
      writer.emit({ kind: "DocumentDotStmt", source, key, target });
      planDocumentDots(planner, localOperand(target), choice.rest, assign);
    });
  });
  writer.emit({ kind: "IsDefinedStmt", source: result });
  next(localOperand(result));
}

// Fewer children are compared faster than looked up.
const fewest = 8;

function chooseChild(
  planner: Planner,
  node: RuleTree,
  { key, rest }: Choice,
  assign: Next,
): void {
  const { program, writer } = planner;
  if (program.optimizations.ruleIndex && node.children.size >= fewest) {
    writer.attempt(() => lookUpChild(planner, node, { key, rest }, assign));
    return;
  }
  for (const [name, child] of node.children) {
    writer.attempt(() => {
      writer.emit({ kind: "EqualStmt", a: key, b: planner.string(name) });
      walk(planner, child, { keys: rest, index: 0 }, assign);
    });
  }
}

/** Calls the function of the child that has the name, with the keys that are not constant. */
function lookUpChild(
  planner: Planner,
  node: RuleTree,
  { key, rest }: Choice,
  assign: Next,
): void {
  const { program, overrides, writer } = planner;
  const given = rest.filter(({ kind }) => kind !== "string");
  planner.terms(given, (values) => {
    const shape = rest.map((term) => (term.kind === "string" ? term.value : 0));
    const suffix = `${JSON.stringify(shape)} of ${program.generation(overrides)}`;
    const cases = [...node.children.values()]
      .map((child): readonly [Constant, string] => {
        const name = `member${dotted(child.path)}${suffix}`;
        program.func(name, () => planChild(planner, child, rest, name));
        return [{ kind: "string", value: child.path.at(-1) ?? "" }, name];
      })
      .sort(([a], [b]) => compareConstants(a, b));
    const args = [inputLocal, dataLocal].map(localOperand).concat(values);
    const result = writer.local();
    writer.emit({ kind: "CallCaseStmt", source: key, cases, args, result });
    assign(localOperand(result));
  });
}

/** A function of what `rest` holds beside constants: the value below the child. */
function planChild(
  outer: Planner,
  child: RuleTree,
  rest: readonly Term[],
  name: string,
): Func {
  const params: Local[] = [inputLocal, dataLocal];
  const bound = new Bindings();
  const keys = rest.map((term): Term => {
    if (term.kind === "string") {
      return term;
    }
    const value = `$key${params.length}`;
    bound.set(value, params.length);
    params.push(params.length);
    return { kind: "var", value, location: term.location };
  });
  const writer = new Writer(params.length);
  const ret = writer.local();
  const planner = new Planner(outer.program, outer.overrides, writer, bound);
  writer.emit({ kind: "ResetLocalStmt", target: ret });
  writer.attempt(() =>
    walk(planner, child, { keys, index: 0 }, (source) =>
      writer.emit({ kind: "AssignVarStmt", source, target: ret }),
    ),
  );
  writer.emit({ kind: "ReturnLocalStmt", source: ret });
  const blocks = writer.finish();
  return { name, path: [], params, return: ret, part: true, blocks };
}

function callDocument(
  planner: Planner,
  func: string,
  keys: readonly Operand[] = [],
): Local {
  const result = planner.writer.local();
  const args = [inputLocal, dataLocal].map(localOperand).concat(keys);
  planner.writer.emit({ kind: "CallStmt", func, args, result });
  return result;
}

/**
 * Everything below a node: rules, children and base data in one document. A
 * sparse one is part of a document whose keys variables name: what has no
 * member is not there.
 */
function extent(planner: Planner, node: RuleTree, sparse = false): Local {
  const { program, overrides } = planner;
  const kind = sparse ? "sparse" : "extent";
  const name = `${program.generation(overrides)}.${kind}${dotted(node.path)}`;
  return callDocument(
    planner,
    program.func(name, () => planExtent(planner, node, { name, sparse })),
  );
}

/** OPA goes through a document in the order of its names. */
function inOrder(
  children: ReadonlyMap<string, RuleTree>,
): readonly [string, RuleTree][] {
  return [...children].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The rule that errors in the whole document point at: the first of a file. */
function firstRule(node: RuleTree): Rule | undefined {
  const rules = [
    ...node.rules.map(({ rule }) => rule),
    ...[...node.children.values()].map(firstRule),
  ];
  return rules.reduce(
    (first, rule) =>
      first && rule && first.location.row > rule.location.row
        ? rule
        : (first ?? rule),
    undefined,
  );
}

function planExtent(
  outer: Planner,
  node: RuleTree,
  { name, sparse }: { readonly name: string; readonly sparse: boolean },
): Func {
  const writer = new Writer(2);
  writer.location = firstRule(node)?.location ?? outer.writer.location;
  const planner = outer.fork(writer);
  const ret = writer.local();
  writer.emit({ kind: "MakeObjectStmt", target: ret });
  const sparseMembers = sparse || node.rules.length > 0;
  for (const [key, child] of inOrder(node.children)) {
    writer.attempt(() =>
      member(planner, child, sparseMembers, (value) =>
        writer.emit({
          kind: "ObjectInsertStmt",
          key: planner.string(key),
          value,
          object: ret,
        }),
      ),
    );
  }
  const merged = mergeOwnRules(planner, node, ret);
  const result = writer.local();
  writer.emit({
    kind: "AssignVarStmt",
    source: localOperand(merged),
    target: result,
  });
  writer.attempt(() =>
    base(planner, node.path, [], (source) => {
      writer.emit({ kind: "IsObjectStmt", source });
      writer.emit({
        kind: "ObjectMergeStmt",
        a: writer.toLocal(source),
        b: merged,
        target: result,
      });
    }),
  );
  writer.emit({ kind: "ReturnLocalStmt", source: result });
  return {
    name,
    path: [],
    params: [inputLocal, dataLocal],
    return: result,
    blocks: writer.finish(),
    // OPA keeps the rules' values, not what is made of them.
    ...(outer.program.observer && { part: true as const }),
  };
}

/** The document of a child; a sparse one only when it has members. */
function member(
  planner: Planner,
  child: RuleTree,
  sparse: boolean,
  next: Next,
): void {
  const whole = { keys: leafKeys, index: 0 };
  if (!sparse || planner.isHidden(child)) {
    walk(planner, child, whole, next);
  } else if (child.children.size > 0) {
    const value = localOperand(extent(planner, child, true));
    planner.unequal(value, { kind: "object", value: [] });
    next(value);
  } else {
    walk(planner, child, whole, (value) => {
      const shape = child.rules[0] && ruleShape(child.rules[0]);
      if (shape === "set" || shape === "object") {
        planner.unequal(value, { kind: shape, value: [] });
      }
      next(value);
    });
  }
}

/** The first of the rules below a node. */
function firstBelow({ children }: RuleTree): TreeRule | undefined {
  for (const child of children.values()) {
    const found = child.rules[0] ?? firstBelow(child);
    if (found) {
      return found;
    }
  }
  return undefined;
}

/** A node may have rules with variable keys beside rules below constant keys. */
function mergeOwnRules(planner: Planner, node: RuleTree, ret: Local): Local {
  const { writer } = planner;
  if (node.rules.length === 0) {
    return ret;
  }
  const merged = writer.local();
  writer.emit({
    kind: "AssignVarStmt",
    source: localOperand(ret),
    target: merged,
  });
  writer.attempt(() => {
    const own = callDocument(planner, planRules(planner, node.path));
    writer.emit({ kind: "IsObjectStmt", source: localOperand(own) });
    const depth = Math.max(...node.rules.map(({ keys }) => keys.length));
    // What a rule at a constant key says comes second.
    writer.location = firstBelow(node)?.rule.location ?? writer.location;
    writer.emit({
      kind: "ObjectMergeOnceStmt",
      a: own,
      b: ret,
      depth,
      target: merged,
    });
  });
  return merged;
}
