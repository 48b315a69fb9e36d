// Writes src/engine/builtins/capabilities.ts from the output of
// `opa capabilities --current` (genuine OPA 1.20.1), given as a file:
//   node tools/dev/generate-capabilities.mjs capabilities.json
import { readFileSync, writeFileSync } from "node:fs";

const { builtins, future_keywords, features } = JSON.parse(
  readFileSync(process.argv[2], "utf8"),
);

/** Drops the descriptions: docs are generated from OPA's own pages. */
function shape(type) {
  if (Array.isArray(type)) {
    return type.map(shape);
  }
  if (type === null || typeof type !== "object") {
    return type;
  }
  return Object.fromEntries(
    Object.entries(type)
      .filter(([key]) => key !== "description")
      .map(([key, value]) => [key, shape(value)]),
  );
}

const lines = builtins.map(
  ({ description, categories, ...rest }) => `  ${JSON.stringify(shape(rest))},`,
);

writeFileSync(
  "src/engine/builtins/capabilities.ts",
  `/**
 * The builtins, future keywords and features of OPA 1.20.1, as printed by
 * \`opa capabilities --current\`; made by tools/dev/generate-capabilities.mjs.
 */
export type Capabilities = {
  readonly builtins: readonly CapabilityBuiltin[];
  readonly future_keywords: readonly string[];
  readonly features: readonly string[];
};

/** One builtin as OPA's capabilities file has it. */
export type CapabilityBuiltin = {
  readonly name: string;
  readonly decl: FunctionDecl;
  readonly infix?: string;
  readonly relation?: boolean;
  readonly deprecated?: boolean;
  readonly nondeterministic?: boolean;
};

/** A function type: operand types and the result, in OPA's JSON form. */
export type FunctionDecl = {
  readonly type: "function";
  readonly args?: readonly TypeDecl[];
  readonly variadic?: TypeDecl;
  readonly result?: TypeDecl;
};

/** A Rego type in OPA's JSON form. */
export type TypeDecl = {
  readonly type: string;
  readonly name?: string;
  readonly of?: TypeDecl | readonly TypeDecl[];
  readonly static?: readonly unknown[];
  readonly dynamic?: unknown;
};

export const capabilities: Capabilities = {
  future_keywords: ${JSON.stringify(future_keywords)},
  features: ${JSON.stringify(features)},
  builtins: [
${lines.join("\n")}
  ],
};
`,
);
