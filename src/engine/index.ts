export {
  type CompiledPolicy,
  type CompileOptions,
  type CompileResult,
  compile,
  type Inspection,
  inspect,
} from "./compile.ts";
export { type ErrorCode, PolicyError } from "./error.ts";
export {
  type Builtins,
  type Decision,
  type Limits,
  loadPolicy,
  type Policy,
  type PolicyOptions,
  RegoText,
} from "./evaluate/policy.ts";
export type { PlainValue } from "./evaluate/value-reader.ts";
export type { Location } from "./source.ts";
export {
  runTests,
  type TestOutcome,
  type TestStatus,
} from "./tester/run-tests.ts";
