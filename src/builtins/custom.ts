import {
  BuiltinError,
  type BuiltinResult,
  builtinDeclarations,
  fromJs,
  type HostBuiltin,
  PolicyError,
  toJs,
} from "../engine/builtins/index.ts";

/** A builtin as a user's module declares it. */
type Declaration = {
  readonly name: string;
  readonly decl: NonNullable<HostBuiltin["decl"]>;
  readonly run: (...operands: unknown[]) => unknown;
  readonly nondeterministic: boolean;
};

/**
 * The builtins of a user's module: its default export or `builtins`. Throws
 * `bundle_load_error` that names the file and the declaration at fault.
 */
export function customBuiltins(
  file: string,
  exports: Readonly<Record<string, unknown>>,
): readonly HostBuiltin[] {
  const list = exports["default"] ?? exports["builtins"];
  if (!Array.isArray(list)) {
    throw fault(
      file,
      "export an array of declarations, as default or as `builtins`",
    );
  }
  const seen = new Set<string>();
  return list.map((given: unknown, index) => {
    const declaration = readDeclaration(given, (where, text) =>
      fault(file, `${where ?? `declaration ${index + 1}`}: ${text}`),
    );
    if (seen.has(declaration.name)) {
      throw fault(file, `\`${declaration.name}\`: declared twice`);
    }
    seen.add(declaration.name);
    return toHostBuiltin(declaration);
  });
}

function fault(file: string, text: string): PolicyError {
  return new PolicyError("bundle_load_error", `${file}: ${text}`);
}

type Fault = (where: string | undefined, text: string) => PolicyError;

type Members = Readonly<Record<string, unknown>>;

const namePattern = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

function readDeclaration(given: unknown, wrong: Fault): Declaration {
  if (!isMembers(given)) {
    throw wrong(undefined, "must be an object");
  }
  const { name, decl, nondeterministic = false } = given;
  if (typeof name !== "string" || !namePattern.test(name)) {
    throw wrong(undefined, "`name` must be a name, as `acme.lookup`");
  }
  const where = `\`${name}\``;
  if (builtinDeclarations.has(name)) {
    throw wrong(where, "OPA has a builtin of this name");
  }
  const run = given["run"] ?? given["implementation"];
  if (typeof run !== "function") {
    throw wrong(where, "`run` (or `implementation`) must be a function");
  }
  if (typeof nondeterministic !== "boolean") {
    throw wrong(where, "`nondeterministic` must be true or false");
  }
  const found = functionFault(decl);
  if (found !== undefined) {
    throw wrong(where, found);
  }
  return {
    name,
    nondeterministic,
    decl: decl as Declaration["decl"],
    run: (...operands) => run.apply(given, operands),
  };
}

/** What is wrong with a function type in OPA's JSON form, if anything. */
function functionFault(decl: unknown): string | undefined {
  if (!isMembers(decl) || decl["type"] !== "function") {
    return '`decl` must be a function type: { type: "function", args, result }';
  }
  if (decl["variadic"] !== undefined) {
    return "`decl.variadic`: a builtin has a fixed number of operands";
  }
  const { args = [], result } = decl;
  if (!Array.isArray(args)) {
    return "`decl.args` must be an array of types";
  }
  return (
    firstFault(args, "decl.args") ??
    (result === undefined
      ? "`decl.result` is missing: a builtin has a value"
      : typeFault(result, "decl.result"))
  );
}

const scalarTypes: readonly unknown[] = ["null", "boolean", "number", "string"];

function typeFault(type: unknown, path: string): string | undefined {
  if (!isMembers(type)) {
    return `\`${path}\` must be a type, as { type: "string" }`;
  }
  const { type: name, of, static: fixed = [], dynamic } = type;
  if (scalarTypes.includes(name)) {
    return undefined;
  }
  switch (name) {
    case "any":
      return of === undefined ? undefined : listFault(of, `${path}.of`);
    case "set":
      return optionalFault(of, `${path}.of`);
    case "array":
      return (
        listFault(fixed, `${path}.static`) ??
        optionalFault(dynamic, `${path}.dynamic`)
      );
    case "object":
      return (
        propertiesFault(fixed, `${path}.static`) ??
        (dynamic === undefined
          ? undefined
          : pairFault(dynamic, `${path}.dynamic`))
      );
    default:
      return `\`${path}.type\` must be null, boolean, number, string, array, object, set or any`;
  }
}

function optionalFault(type: unknown, path: string): string | undefined {
  return type === undefined ? undefined : typeFault(type, path);
}

function listFault(types: unknown, path: string): string | undefined {
  return Array.isArray(types)
    ? firstFault(types, path)
    : `\`${path}\` must be an array of types`;
}

function firstFault(
  types: readonly unknown[],
  path: string,
): string | undefined {
  return types
    .map((type, index) => typeFault(type, `${path}[${index}]`))
    .find((found) => found !== undefined);
}

function propertiesFault(
  properties: unknown,
  path: string,
): string | undefined {
  if (!Array.isArray(properties)) {
    return `\`${path}\` must be an array of { key, value }`;
  }
  return properties
    .map((property: unknown, index) =>
      isMembers(property) && typeof property["key"] === "string"
        ? typeFault(property["value"], `${path}[${index}].value`)
        : `\`${path}[${index}].key\` must be a text`,
    )
    .find((found) => found !== undefined);
}

function pairFault(pair: unknown, path: string): string | undefined {
  return isMembers(pair)
    ? (typeFault(pair["key"], `${path}.key`) ??
        typeFault(pair["value"], `${path}.value`))
    : `\`${path}\` must be { key, value }`;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toHostBuiltin(declaration: Declaration): HostBuiltin {
  const { name, decl, nondeterministic, run } = declaration;
  return {
    name,
    decl,
    nondeterministic,
    // Whether it does shows only when it has answered.
    answersLater: true,
    run: (operands) => {
      const value = run(...operands.map(toJs));
      return value instanceof Promise ? value.then(toResult) : toResult(value);
    },
  };
}

function toResult(value: unknown): BuiltinResult {
  if (value === undefined) {
    return undefined;
  }
  try {
    return fromJs(value);
  } catch (cause) {
    throw new BuiltinError(`answered ${PolicyError.from(cause).rawMessage}`, {
      cause,
    });
  }
}
