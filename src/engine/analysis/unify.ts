import type { Term } from "../syntax/ast.ts";
import { printTerm } from "../syntax/print.ts";
import {
  addTermVars,
  isSubset,
  safetyParams,
  termVars,
  type VarParams,
} from "./vars.ts";

type Vars = ReadonlySet<string>;

/**
 * The variables that become known when `left = right` is evaluated, given those
 * known already; OPA's `ast.Unify`.
 */
export function unify(safe: Vars, left: Term, right: Term): Set<string> {
  const unifier = new Unifier(safe);
  unifier.unify(left, right);
  return unifier.unified;
}

const patternParams: VarParams = {
  skipRefHead: true,
  skipObjectKeys: true,
  skipClosures: true,
};

class Unifier {
  readonly unified = new Set<string>();
  private readonly safe: Vars;
  /** Variable → those it waits for. */
  private readonly unknown = new Map<string, Set<string>>();

  constructor(safe: Vars) {
    this.safe = safe;
  }

  unify(left: Term, right: Term): void {
    switch (left.kind) {
      case "var":
        this.unifyVar(left.value, right);
        return;
      case "ref":
      case "call":
        if (this.isKnown(left)) {
          this.bind(right);
        }
        return;
      case "arraycomprehension":
        if (right.kind === "var" || right.kind === "array") {
          this.markAll(right);
        }
        return;
      case "objectcomprehension":
        if (right.kind === "var" || right.kind === "object") {
          this.markAll(right);
        }
        return;
      case "array":
      case "object":
        this.unifyComposite(left, right);
        return;
      default:
        if (right.kind === "var") {
          this.markSafe(right.value);
        }
    }
  }

  private unifyVar(name: string, other: Term): void {
    switch (other.kind) {
      case "var":
        if (this.isSafe(other.value)) {
          this.markSafe(name);
        } else if (this.isSafe(name)) {
          this.markSafe(other.value);
        } else {
          this.markUnknown(name, other.value);
          this.markUnknown(other.value, name);
        }
        return;
      case "array":
      case "object":
        this.unifyAll(name, other);
        return;
      case "ref":
      case "call":
        if (this.isKnown(other)) {
          this.markSafe(name);
        }
        return;
      default:
        this.markSafe(name);
    }
  }

  private unifyComposite(
    left: Extract<Term, { kind: "array" | "object" }>,
    right: Term,
  ): void {
    switch (right.kind) {
      case "var":
        this.unifyAll(right.value, left);
        return;
      case "ref":
      case "call":
        if (this.isKnown(right)) {
          this.markAll(left);
        }
        return;
      case "arraycomprehension":
      case "objectcomprehension":
      case "setcomprehension":
        if (left.kind === "array") {
          this.markAll(left);
        }
        return;
      case "array":
      case "object":
        this.unifyParts(left, right);
        return;
      default:
        return;
    }
  }

  private unifyParts(left: Term, right: Term): void {
    if (left.kind === "array" && right.kind === "array") {
      if (left.value.length === right.value.length) {
        left.value.forEach((item, index) => {
          this.unify(item, right.value[index] as Term);
        });
      }
      return;
    }
    if (
      left.kind !== "object" ||
      right.kind !== "object" ||
      left.value.length !== right.value.length
    ) {
      return;
    }
    for (const [key, value] of left.value) {
      const other = right.value.find(
        ([name]) => printTerm(name) === printTerm(key),
      );
      if (other) {
        this.unify(value, other[1]);
      }
    }
  }

  private bind(term: Term): void {
    if (term.kind === "var") {
      this.markSafe(term.value);
    } else if (term.kind === "array" || term.kind === "object") {
      this.markAll(term);
    }
  }

  /** A ref with a known head, or a call whose operands are all known. */
  private isKnown(term: Term): boolean {
    const subject = term.kind === "ref" ? (term.value[0] ?? term) : term;
    return isSubset(termVars(subject, safetyParams), this.safe);
  }

  private isSafe(name: string): boolean {
    return this.safe.has(name) || this.unified.has(name);
  }

  private markAll(term: Term): void {
    for (const name of termVars(term, patternParams)) {
      this.markSafe(name);
    }
  }

  private markSafe(name: string): void {
    this.unified.add(name);
    const waitsFor = this.unknown.get(name);
    this.unknown.delete(name);
    for (const other of waitsFor ?? []) {
      this.markSafe(other);
    }
    for (const [other, needs] of [...this.unknown]) {
      if (needs.delete(name) && needs.size === 0) {
        this.markSafe(other);
      }
    }
  }

  private markUnknown(name: string, other: string): void {
    const needs = this.unknown.get(name) ?? new Set();
    needs.add(other);
    this.unknown.set(name, needs);
  }

  private unifyAll(name: string, term: Term): void {
    if (this.isSafe(name)) {
      this.markAll(term);
      return;
    }
    const found = new Set<string>();
    addTermVars(term, found, patternParams);
    const unsafe = [...found].filter((one) => !this.isSafe(one));
    if (unsafe.length === 0) {
      this.markSafe(name);
    }
    for (const other of unsafe) {
      this.markUnknown(name, other);
    }
  }
}
