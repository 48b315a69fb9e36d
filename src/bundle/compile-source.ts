import {
  analyseModules,
  type BuiltinDeclaration,
  generateModule,
  PolicyError,
  type RulePlace,
  rulePlacesOf,
} from "../engine/index.ts";

/** What a source gives the compiler: data that another thread can be sent. */
export type CompileJob = {
  /** File name → Rego text. */
  readonly modules: Readonly<Record<string, string>>;
  readonly entrypoints: readonly string[];
  /** Builtins beside OPA's. */
  readonly builtins: readonly BuiltinDeclaration[];
};

/** A module and the builtins that its host must supply. */
export type CompiledSource = {
  readonly wasm: Uint8Array;
  readonly hostBuiltins: readonly string[];
  /** Where its rules stand: data may not lie there. */
  readonly places: readonly RulePlace[];
};

/** Compiles in this thread; throws the first error, with the texts of all in its message. */
export function compileSource(job: CompileJob): CompiledSource {
  const analysed = analyseModules(job);
  if ("errors" in analysed) {
    throw foldErrors(analysed.errors);
  }
  const compiled = generateModule(analysed, job);
  if ("errors" in compiled) {
    throw foldErrors(compiled.errors);
  }
  const { wasm, hostBuiltins } = compiled.policy;
  return { wasm, hostBuiltins, places: rulePlacesOf(analysed) };
}

/** One error that says all. */
export function foldErrors(errors: readonly PolicyError[]): PolicyError {
  const [first, ...others] = errors;
  if (!first) {
    return new PolicyError(
      "internal_error",
      "a compilation failed without an error",
    );
  }
  if (others.length === 0) {
    return first;
  }
  const rest = others.map(({ message }) => message).join("; ");
  return new PolicyError(first.code, `${first.rawMessage}; ${rest}`, {
    location: first.location,
    cause: first,
  });
}
