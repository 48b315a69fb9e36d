export {
  conflictsWithData,
  type HasData,
  hasDataIn,
  type RulePlace,
} from "./analysis/check-data-conflicts.ts";
export type { Schemas } from "./analysis/schema-scope.ts";
export {
  type PathAnnotations,
  type PolicyAnnotations,
  type RuleLabels,
  readAnnotations,
} from "./annotations.ts";
export { capabilities as opaCapabilities } from "./builtins/capabilities.ts";
export {
  allowOnly,
  type BuiltinDeclaration,
  type HostBuiltin,
  type NetworkPolicy,
} from "./builtins/host-builtin.ts";
export { opaVersion } from "./builtins/opa-version.ts";
export { createPrint } from "./builtins/print.ts";
export type { QueryExpression } from "./capture-values.ts";
export {
  type Analysed,
  type AnalyseOptions,
  analyseModules,
  type CompiledPolicy,
  type CompileOptions,
  type CompilePhase,
  type CompileResult,
  compile,
  compilePlan,
  generateModule,
  type Inspection,
  type Instrumentation,
  inspect,
  type PublishedPlan,
} from "./compile.ts";
export {
  type Dependencies,
  dependenciesIn,
  dependenciesOf,
} from "./dependencies.ts";
export { entrypointOf } from "./entrypoint-query.ts";
export { type ErrorCode, type ErrorDetails, PolicyError } from "./error.ts";
export { createDataImage, type DataImage } from "./evaluate/data-image.ts";
export { liveMemories } from "./evaluate/memories.ts";
export {
  type Decision,
  type DecisionOptions,
  type Limits,
  loadPolicy,
  type Policy,
  type PolicyOptions,
  RegoText,
  type Surroundings,
  toModule,
} from "./evaluate/policy.ts";
export { type PlainValue, stringify } from "./evaluate/value-reader.ts";
export {
  type ForeignAbi,
  type ForeignAnswer,
  type ForeignGuard,
  type ForeignOptions,
  foreignAbis,
  type LogLine,
  rawImports,
} from "./foreign/foreign-guard.ts";
export {
  type ForeignInspection,
  inspectForeign,
} from "./foreign/inspect-foreign.ts";
export { loadForeignGuard, meterForeign } from "./foreign/load-foreign.ts";
export {
  type FormatOptions,
  type FormatResult,
  type FormatTarget,
  format,
  formattedText,
} from "./format/format.ts";
export { formatSnippet } from "./format/snippet.ts";
export type { HostCall } from "./host-calls.ts";
export {
  type Optimizations,
  optimizationNames,
  publishedOptimizations,
  withoutOptimizations,
} from "./optimize/optimizations.ts";
export {
  type ParseModuleOptions,
  packagePathOf,
  parseModule,
} from "./parse-module.ts";
export { pruneEntrypoints } from "./prune-entrypoints.ts";
export {
  type RequiredCapabilities,
  requiredCapabilities,
} from "./required-capabilities.ts";
export { type RulePath, rulePathsOf, rulePlacesOf } from "./rule-paths.ts";
export { runtimeDigest } from "./runtime/gen/runtime-wasm.ts";
export { faultyLine, type Location } from "./source.ts";
export { type Json, writeJson } from "./syntax/json-text.ts";
export type { Changes } from "./tester/affected-tests.ts";
export {
  type CoverageReport,
  type UncoveredKind,
  uncoveredKinds,
} from "./tester/coverage.ts";
export { fullName } from "./tester/discover.ts";
export {
  Profile,
  type ProfiledLine,
  profileCriteria,
} from "./tester/profile.ts";
export { coverageOf } from "./tester/query-coverage.ts";
export {
  prepareTests,
  runTests,
  type TestOptions,
  type TestSuite,
} from "./tester/run-tests.ts";
export { matchNames } from "./tester/select-tests.ts";
export type { CaseResult } from "./tester/test-cases.ts";
export {
  type TestOutcome,
  type TestProgram,
  TestRunner,
  type TestStatus,
} from "./tester/test-runner.ts";
export {
  type Explain,
  explainTrace,
  traceRows,
  widest,
} from "./tester/trace.ts";
export { TraceRecorder } from "./tester/trace-recorder.ts";
export type { TraceStep } from "./tester/trace-steps.ts";
export type { TestFailure, TracedTest } from "./tester/trace-tests.ts";
export { type PartValue, TraceValues } from "./tester/trace-values.ts";
export {
  equalValues,
  isArray,
  isNumber,
  numberText,
  RegoObject,
  RegoSet,
  type Value,
} from "./value.ts";
export {
  fromJs,
  jsonMembers,
  parseJson,
  toGoJson,
  toJs,
  toJson,
  toRego,
} from "./value-json.ts";
