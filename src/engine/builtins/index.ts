export { PolicyError } from "../error.ts";
export { parseModule } from "../parse-module.ts";
export {
  BigDecimal,
  compareValues,
  type Entry,
  equalValues,
  isArray,
  isNumber,
  numberFromText,
  numberText,
  RegoObject,
  RegoSet,
  toInteger,
  typeName,
  type Value,
} from "../value.ts";
export {
  fromBigint,
  fromJs,
  parseJson,
  toJs,
  toJson,
  toRego,
} from "../value-json.ts";
export {
  type BuiltinContext,
  BuiltinError,
  type BuiltinResult,
  type HostBuiltin,
  OperandError,
} from "./host-builtin.ts";
export { loadRegexMatcher, type RegexMatcher } from "./regex-matcher.ts";
export { builtinDeclarations } from "./registry.ts";
