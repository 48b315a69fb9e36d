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
  jsonMembers,
  parseJson,
  toGoJson,
  toJs,
  toJson,
  toRego,
} from "../value-json.ts";
export { parseYaml as parseYamlTree, type YamlNode } from "../yaml/parse.ts";
export { YamlFault } from "../yaml/token.ts";
export {
  type BuiltinContext,
  BuiltinError,
  type BuiltinResult,
  type HostBuiltin,
  OperandError,
  textOperand,
} from "./host-builtin.ts";
export { opaVersion } from "./opa-version.ts";
export { loadRegexMatcher, type RegexMatcher } from "./regex-matcher.ts";
export { builtinDeclarations } from "./registry.ts";
