import { PolicyError, parseModule } from "../../src/engine/index.ts";
import { countedErrors } from "./test-reports/error-text.ts";

/** All that kept files from being loaded, in the order of the files. */
export class LoadFaults extends PolicyError {
  readonly faults: readonly PolicyError[];
  /** The Rego files by name. */
  readonly texts: Readonly<Record<string, string>>;

  constructor(
    faults: readonly PolicyError[],
    texts: Readonly<Record<string, string>>,
  ) {
    const message = countedErrors(faults, texts, "occurred during loading");
    super("bundle_load_error", message);
    this.faults = faults;
    this.texts = texts;
  }
}

/** Gathers what becomes of files, so that one fault does not hide the next. */
export class Gathering {
  readonly modules: Record<string, string> = {};
  private readonly regoVersion: 0 | 1;
  /** Faults, and the names of the Rego files between them. */
  private readonly found: (PolicyError | string)[] = [];

  constructor(regoVersion: 0 | 1) {
    this.regoVersion = regoVersion;
  }

  /** Does a part of the work; undefined where it fails. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.found.push(PolicyError.from(error));
      return undefined;
    }
  }

  addModule(file: string, text: string): void {
    this.modules[file] = text;
    this.found.push(file);
  }

  /** Throws LoadFaults when there are faults; those of Rego files alone are the compiler's. */
  end(): void {
    if (this.found.some((one) => one instanceof PolicyError)) {
      const faults = this.found.flatMap((one) =>
        one instanceof PolicyError ? [one] : this.faultsOf(one),
      );
      throw new LoadFaults(faults, this.modules);
    }
  }

  private faultsOf(file: string): readonly PolicyError[] {
    const { regoVersion } = this;
    const parsed = parseModule(this.modules[file] ?? "", { file, regoVersion });
    return "errors" in parsed ? parsed.errors : [];
  }
}
