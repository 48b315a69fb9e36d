import type { Loaded } from "./load-paths.ts";

/** How long the steps of an evaluation took, by OPA's names. */
export class EvalMetrics {
  private readonly milliseconds = new Map<string, number>();

  add(step: string, milliseconds: number): void {
    const known = this.milliseconds.get(step) ?? 0;
    this.milliseconds.set(step, known + milliseconds);
  }

  /** Does something and remembers how long it took. */
  async timed<T>(step: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(step, performance.now() - start);
    }
  }

  /** Nanoseconds in the order of the names; what there was none of is left out. */
  shown({ data, modules }: Loaded): ReadonlyMap<string, number> {
    const hasModules = Object.keys(modules).length > 0;
    const hasFiles = hasModules || data.entries.length > 0;
    const steps = [...this.milliseconds].filter(([step]) =>
      step.startsWith("load_")
        ? hasFiles
        : step.startsWith("module_")
          ? hasModules
          : true,
    );
    return new Map(
      steps
        .map(
          ([step, spent]) =>
            [`timer_rego_${step}_ns`, Math.round(spent * 1e6)] as const,
        )
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
}
