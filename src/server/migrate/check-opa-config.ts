import { nearest, parsePositionedYaml } from "../../bundle/index.ts";
import { type Location, PolicyError } from "../../engine/index.ts";
import { fateOf, type KeyFate, topKeys } from "./opa-keys.ts";

/** A key of OPA's configuration, where it stands, and what becomes of it. */
export type FoundKey = {
  /** As `plugins.envoy_ext_authz_grpc.addr`. */
  readonly key: string;
  readonly location: Location;
  readonly fate:
    | KeyFate
    | { readonly kind: "unknown"; readonly guess: string | undefined };
};

export type OpaConfig = {
  readonly value: Readonly<Record<string, unknown>>;
  readonly keys: readonly FoundKey[];
};

/** Reads OPA's configuration, YAML or JSON, and says of each key what becomes of it. */
export function checkOpaConfig(text: string, file: string): OpaConfig {
  const yaml = parsePositionedYaml(text, file);
  if (!isMap(yaml.value)) {
    throw new PolicyError(
      "server_config_error",
      "OPA's configuration is a mapping",
      { location: yaml.locate([]) },
    );
  }
  const keys = leaves(yaml.value, []).map((path): FoundKey => {
    const names = path.map(String);
    const fate = fateOf(names) ?? unknown(names);
    return { key: names.join("."), location: yaml.locate(path), fate };
  });
  return { value: yaml.value, keys };
}

function unknown([first = ""]: readonly string[]): FoundKey["fate"] {
  const guess = topKeys.includes(first) ? undefined : nearest(first, topKeys);
  return { kind: "unknown", guess };
}

type Path = readonly (string | number)[];

/** The paths of the values that are no mappings; of services, which may be a list, those inside too. */
function leaves(value: unknown, path: Path): readonly Path[] {
  if (isMap(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([name, member]) =>
      leaves(member, [...path, name]),
    );
  }
  return Array.isArray(value) && path.length === 1
    ? value.flatMap((item, index) => leaves(item, [...path, index]))
    : [path];
}

export function isMap(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
