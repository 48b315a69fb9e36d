import {
  type HostBuiltin,
  isArray,
  opaVersion,
  RegoObject,
  type Value,
} from "../engine/builtins/index.ts";

/** `opa.runtime()`: environment, configuration and version, without credentials and keys. */
const opaRuntime: HostBuiltin = {
  name: "opa.runtime",
  nondeterministic: true,
  run: (_operands, { runtime }) =>
    change(runtime, "config", (config) =>
      change(
        change(config, "services", (services) =>
          withoutMembers(services, ["credentials"]),
        ),
        "keys",
        (keys) => withoutMembers(keys, ["key", "private_key"]),
      ),
    ),
};

/** What `opa.runtime()` gives a command: the environment, and the version of OPA that it follows. */
export function runtimeOf(
  environment: Readonly<Record<string, string | undefined>>,
): RegoObject {
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return RegoObject.of([
    ["commit", ""],
    ["env", RegoObject.of(variables)],
    ["version", opaVersion],
  ]);
}

export const runtimeBuiltins: readonly HostBuiltin[] = [opaRuntime];

/** The object with one member changed, if it has that. */
function change(
  object: Value,
  key: string,
  to: (member: Value) => Value,
): Value {
  const member = object instanceof RegoObject ? object.get(key) : undefined;
  return object instanceof RegoObject && member !== undefined
    ? RegoObject.of([...object.entries, [key, to(member)]])
    : object;
}

/** A list or an object of objects, each without some members. */
function withoutMembers(all: Value, names: readonly Value[]): Value {
  const strip = (one: Value): Value =>
    one instanceof RegoObject
      ? RegoObject.of(one.entries.filter(([key]) => !names.includes(key)))
      : one;
  if (isArray(all)) {
    return all.map(strip);
  }
  return all instanceof RegoObject
    ? RegoObject.of(all.entries.map(([key, one]) => [key, strip(one)] as const))
    : all;
}
