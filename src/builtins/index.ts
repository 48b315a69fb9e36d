import type { HostBuiltin } from "../engine/builtins/index.ts";
import { graphqlBuiltins } from "./graphql/index.ts";
import { jsonSchemaBuiltins } from "./json-schema/index.ts";
import { jwtBuiltins } from "./jwt/index.ts";
import { timeBuiltins } from "./time/index.ts";
import { uuidBuiltins } from "./uuid.ts";
import { x509Builtins } from "./x509/index.ts";
import { yamlBuiltins } from "./yaml/index.ts";

/** Every builtin that OPA has and that does not run inside the module. */
export const hostBuiltins: readonly HostBuiltin[] = [
  ...graphqlBuiltins,
  ...jsonSchemaBuiltins,
  ...jwtBuiltins,
  ...timeBuiltins,
  ...uuidBuiltins,
  ...x509Builtins,
  ...yamlBuiltins,
];
