import type { HostBuiltin } from "../builtins/host-builtin.ts";
import { createPrint } from "../builtins/print.ts";
import { timeNow } from "../builtins/time-now.ts";
import type { CoverageMarks } from "../compile.ts";
import { PolicyError } from "../error.ts";
import {
  type Limits,
  loadPolicy,
  type Policy,
  type PolicyOptions,
  type Surroundings,
} from "../evaluate/policy.ts";
import { isArray } from "../value.ts";
import { type TestRule, toEntrypoint } from "./discover.ts";
import { snapshotText } from "./snapshot-text.ts";
import { type CaseCall, type CaseResult, caseResults } from "./test-cases.ts";

export type TestStatus = "pass" | "fail" | "error" | "skipped";

/** What became of one test rule. */
export type TestOutcome = {
  readonly test: TestRule;
  readonly status: TestStatus;
  readonly milliseconds: number;
  /** Why the status is `error`. */
  readonly error?: PolicyError;
  /** What the test printed, a line a call. */
  readonly output: string;
  readonly cases: readonly CaseResult[];
  /** Builtins that were called, not a mock of them, and may answer otherwise next time. */
  readonly nondeterministic?: readonly string[];
  /** Of a snapshot's rule the value that it has. */
  readonly snapshot?: string;
};

/** All that running tests takes; threads can share it, but for the builtins. */
export type TestProgram = {
  readonly module: WebAssembly.Module;
  /** The base document as UTF-8 JSON. */
  readonly data: Uint8Array;
  readonly limits: Limits;
  /** With coverage: where it is marked what was reached. */
  readonly marks: CoverageMarks | undefined;
};

export type TestHosts = {
  readonly surroundings?: Surroundings | undefined;
  readonly builtins?: readonly HostBuiltin[] | undefined;
};

/** Runs tests of a compiled module, one at a time. */
export class TestRunner {
  private readonly program: TestProgram;
  private policy: Policy | undefined;
  private lines: string[] = [];
  private cases: CaseCall[] = [];
  private readonly asked = new Set<string>();

  private constructor(program: TestProgram) {
    this.program = program;
  }

  static async load(
    program: TestProgram,
    hosts: TestHosts,
  ): Promise<TestRunner> {
    const runner = new TestRunner(program);
    runner.policy = await loadPolicy(
      program.module,
      runner.policyOptions(hosts),
    );
    return runner;
  }

  private policyOptions({ builtins, surroundings }: TestHosts): PolicyOptions {
    const { data, limits } = this.program;
    return {
      ...surroundings,
      data,
      limits,
      builtins: [
        ...[timeNow, ...(builtins ?? [])].map((one) => this.noting(one)),
        createPrint((line) => this.lines.push(line)),
        this.testCase(),
      ],
      onStart: () => {
        this.lines = [];
        this.cases = [];
      },
    };
  }

  /** The builtin, which is noted when it is asked and not sure to answer the same again. */
  private noting(builtin: HostBuiltin): HostBuiltin {
    return builtin.nondeterministic
      ? {
          ...builtin,
          run: (operands, context) => {
            this.asked.add(builtin.name);
            return builtin.run(operands, context);
          },
        }
      : builtin;
  }

  private testCase(): HostBuiltin {
    return {
      name: "internal.test_case",
      run: ([notes = []]) => {
        this.cases.push({ notes: isArray(notes) ? notes : [notes], at: 0 });
        return true;
      },
    };
  }

  async run(test: TestRule): Promise<TestOutcome> {
    if (test.todo) {
      const nothing = { milliseconds: 0, output: "", cases: [] };
      return { test, status: "skipped", ...nothing };
    }
    this.asked.clear();
    const start = performance.now();
    try {
      const entrypoint = toEntrypoint(test);
      if (test.isSnapshot) {
        const found = await this.loaded.evaluateExactAsync(
          undefined,
          entrypoint,
        );
        const outcome = this.outcome(test, true, performance.now() - start);
        return { ...outcome, snapshot: snapshotText(found) };
      }
      const value = await this.loaded.evaluateAsync(undefined, { entrypoint });
      return this.outcome(test, value, performance.now() - start);
    } catch (error) {
      const milliseconds = performance.now() - start;
      return {
        ...this.outcome(test, undefined, milliseconds),
        status: "error",
        cases: [],
        error: PolicyError.from(error),
      };
    }
  }

  private outcome(
    test: TestRule,
    value: unknown,
    milliseconds: number,
  ): TestOutcome {
    const output = this.lines.map((line) => `${line}\n`).join("");
    const cases =
      test.hasCases && value !== undefined
        ? caseResults(value, this.cases, 0)
        : [];
    const passed =
      test.hasCases && value !== undefined
        ? !cases.some(({ failed }) => failed)
        : value === true;
    const status = passed ? "pass" : "fail";
    const told = { test, status, milliseconds, output, cases } as const;
    return this.asked.size === 0
      ? told
      : { ...told, nondeterministic: [...this.asked].sort() };
  }

  /** Bytes that the last test took of the arena. */
  get arenaBytes(): number {
    return this.loaded.arenaBytes;
  }

  /** With coverage a byte a position: not zero once it was reached. */
  reached(): Uint8Array {
    const { marks } = this.program;
    return marks ? this.loaded.covered(marks) : new Uint8Array();
  }

  private get loaded(): Policy {
    if (!this.policy) {
      throw new PolicyError("internal_error", "the tests are not loaded");
    }
    return this.policy;
  }
}
