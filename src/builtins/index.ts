import type { HostBuiltin } from "../engine/builtins/index.ts";
import { awsBuiltins } from "./aws.ts";
import { dnsBuiltins } from "./dns.ts";
import { renderTemplate } from "./go-template/index.ts";
import { graphqlBuiltins } from "./graphql/index.ts";
import { httpBuiltins } from "./http/index.ts";
import { jsonSchemaBuiltins } from "./json-schema/index.ts";
import { jwtBuiltins } from "./jwt/index.ts";
import { parseModuleBuiltin } from "./parse-module.ts";
import { randBuiltins } from "./rand.ts";
import { runtimeBuiltins } from "./runtime.ts";
import { timeBuiltins } from "./time/index.ts";
import { uuidBuiltins } from "./uuid.ts";
import { x509Builtins } from "./x509/index.ts";
import { yamlBuiltins } from "./yaml/index.ts";

export { customBuiltins } from "./custom.ts";
export { runtimeOf } from "./runtime.ts";
export { parseYaml } from "./yaml/parse.ts";

/** Every builtin that OPA has and that does not run inside the module. */
export const hostBuiltins: readonly HostBuiltin[] = [
  ...awsBuiltins,
  ...dnsBuiltins,
  ...graphqlBuiltins,
  ...httpBuiltins,
  ...jsonSchemaBuiltins,
  ...jwtBuiltins,
  ...randBuiltins,
  ...runtimeBuiltins,
  ...timeBuiltins,
  ...uuidBuiltins,
  ...x509Builtins,
  ...yamlBuiltins,
  parseModuleBuiltin,
  renderTemplate,
];
