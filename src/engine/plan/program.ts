import type { Analysis } from "../analysis/analyze.ts";
import type { Constant } from "../ir/constant.ts";
import type { BuiltinFunc, Func, Plan, Policy } from "../ir/ir.ts";
import {
  chosenOptimizations,
  type Optimizations,
  withoutOptimizations,
} from "../optimize/optimizations.ts";
import { optimize } from "../optimize/optimize.ts";
import type { Location } from "../source.ts";
import { inputProjection } from "./input-projection.ts";
import type { Observer } from "./observer.ts";
import { type Overrides, overridesKey } from "./overrides.ts";
import type { Productions } from "./planner.ts";

export type ProgramOptions = {
  readonly observer?: Observer | undefined;
  readonly optimizations?: Optimizations | undefined;
};

// Functions that are planned inside of each other: each takes of the host's stack.
const deepest = 50;

type Waiting = { readonly name: string; readonly plan: () => Func };

/** What all functions of one policy share: constants and planned functions. */
export class Program {
  readonly analysis: Analysis;
  readonly productions: Productions;
  private readonly strings = new Map<string, number>();
  private readonly builtins = new Map<string, BuiltinFunc>();
  private readonly funcs = new Map<string, Func | undefined>();
  private readonly generations = new Map<string, number>();
  private readonly constants = new Map<string, number>();
  private readonly constantList: Constant[] = [];
  /** Of the expression that was begun last. */
  place: Location | undefined;
  private parts = 0;
  /** How many functions are being planned. */
  private depth = 0;
  /** What is planned at the end. */
  private readonly waiting: Waiting[] = [];

  /** Absent unless the module is to be instrumented. */
  readonly observer: Observer | undefined;
  /** In an instrumented module: a rule is entered where OPA's index chooses it. */
  readonly asksIndex: boolean;
  /**
   * In an instrumented module those that OPA has too: it tells of every rule and
   * expression that OPA evaluates.
   */
  readonly optimizations: Required<Optimizations>;

  constructor(
    analysis: Analysis,
    productions: Productions,
    { observer, optimizations = {} }: ProgramOptions,
  ) {
    this.analysis = analysis;
    this.productions = productions;
    this.observer = observer;
    const { earlyExit = true, ruleIndex = true } = optimizations;
    this.asksIndex = observer !== undefined && ruleIndex;
    this.optimizations = chosenOptimizations(
      observer
        ? {
            ...withoutOptimizations(["all"]),
            earlyExit,
            comprehensionIndex: true,
          }
        : optimizations,
    );
  }

  string(text: string): number {
    const known = this.strings.get(text);
    if (known !== undefined) {
      return known;
    }
    this.strings.set(text, this.strings.size);
    return this.strings.size - 1;
  }

  /** The place of a composite that is known now. */
  constant(value: Constant): number {
    const key = JSON.stringify(value);
    const known = this.constants.get(key);
    if (known !== undefined) {
      return known;
    }
    this.constants.set(key, this.constantList.length);
    this.constantList.push(value);
    return this.constantList.length - 1;
  }

  builtin(name: string, arity: number): void {
    this.builtins.set(name, { name, arity });
  }

  /** A name for a part of the function of that name. */
  partName(name: string): string {
    this.parts += 1;
    return `part${this.parts} of ${name}`;
  }

  /** `g0`, `g1`, …: one a set of overrides. */
  generation(overrides: Overrides): string {
    const key = overridesKey(overrides);
    const known = this.generations.get(key) ?? this.generations.size;
    this.generations.set(key, known);
    return `g${known}`;
  }

  /** Plans the function on first use, or at the end; recursion sees the name only. */
  func(name: string, plan: () => Func): string {
    if (this.funcs.has(name)) {
      return name;
    }
    this.funcs.set(name, undefined);
    if (this.depth < deepest) {
      this.planFunc({ name, plan });
    } else {
      this.waiting.push({ name, plan });
    }
    return name;
  }

  private planFunc({ name, plan }: Waiting): void {
    this.depth += 1;
    this.funcs.set(name, plan());
    this.depth -= 1;
  }

  finish(plans: readonly Plan[]): Policy {
    // One may have others wait.
    for (const one of this.waiting) {
      this.planFunc(one);
    }
    const planned = {
      plans,
      funcs: [...this.funcs.values()].filter((func) => func !== undefined),
    };
    const strings = [...this.strings.keys()];
    const { plans: queries, funcs } = optimize(
      planned,
      {
        strings,
        composites: this.constantList,
        string: (text) => {
          const place = this.string(text);
          strings[place] = text;
          return place;
        },
      },
      this.optimizations,
    );
    return {
      static: {
        strings,
        constants: this.constantList,
        builtinFuncs: [...this.builtins.values()],
        inputProjection: this.optimizations.inputProjection
          ? inputProjection({ plans: queries, funcs, strings })
          : undefined,
        files: this.analysis.modules.map(
          (module) => module.package.location.file,
        ),
      },
      plans: queries,
      funcs,
      positions: this.observer?.positions ?? [],
      observedNames: this.observer?.names ?? [],
    };
  }
}
