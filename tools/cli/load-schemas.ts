import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { load as parseYaml } from "js-yaml";
import { PolicyError, type Schemas } from "../../src/engine/index.ts";

type SchemaChoice = {
  /** `--schema`: a file for every input, or a folder that annotations name. */
  readonly path: string | undefined;
  /** Whether packages `guards.*` read the input that the server writes. */
  readonly guards: boolean;
};

/** Schemas as OPA's `--schema` loads them, and those that are shipped. */
export function loadSchemas({ path, guards }: SchemaChoice): Schemas {
  return {
    ...(path !== undefined && { documents: readSchemas(path) }),
    ...(guards && {
      inputs: { guards: shipped("ext-authz-input.json") },
      remote: { "mcp.json": shipped("mcp.json") },
    }),
  };
}

function readSchemas(path: string): Record<string, unknown> {
  if (!existsSync(path)) {
    const message = `there is no schema file or folder \`${path}\``;
    throw new PolicyError("bundle_load_error", message);
  }
  if (!statSync(path).isDirectory()) {
    return { "": readDocument(path) };
  }
  const files = readdirSync(path, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        const name = relative(path, file).split(sep).join("/");
        return [name.slice(0, -extname(name).length), readDocument(file)];
      }),
  );
}

function readDocument(file: string): unknown {
  try {
    return parseYaml(readFileSync(file, "utf8"));
  } catch (cause) {
    const message = `the schema \`${file}\` is neither JSON nor YAML`;
    throw new PolicyError("bundle_load_error", message, { cause });
  }
}

/** From `schemas/` beside package.json: the tree runs from source and from dist/. */
function shipped(name: string): unknown {
  const files = ["../../", "../../../"].map(
    (up) => new URL(`${up}schemas/${name}`, import.meta.url),
  );
  const file = files.find((one) => existsSync(one));
  if (!file) {
    throw new PolicyError(
      "internal_error",
      `the shipped schema \`${name}\` is missing`,
    );
  }
  return JSON.parse(readFileSync(file, "utf8"));
}
