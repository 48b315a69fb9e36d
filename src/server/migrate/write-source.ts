import { isMap } from "./check-opa-config.ts";

/** A file of the server's source by its name. */
export type WrittenFile = readonly [name: string, text: string];

/** The configuration that does what OPA's did, as far as it can; every line of it is a key of ours. */
export function toServerConfig(
  opa: Readonly<Record<string, unknown>>,
  { asksNetwork }: { readonly asksNetwork: boolean },
): string {
  const plugin = mapAt(opa, "plugins", "envoy_ext_authz_grpc");
  const lines = [
    "bundle:",
    "  source: .",
    ...remoteLines(opa),
    ...grpcLines(plugin),
    ...(plugin["dry-run"] === true
      ? ["pipeline:", "  opa: { mode: monitor }"]
      : []),
    ...(asksNetwork
      ? [
          "# The policy asks the network, which it may not unless its hosts stand here:",
          "# capabilities: { allowNet: [] }",
        ]
      : []),
    ...decisionLogLines(opa),
  ];
  return `${lines.join("\n")}\n`;
}

/** A guard that asks the rule which OPA was asked for. */
export function guardFiles(entrypoint: string): readonly WrittenFile[] {
  const rule = entrypoint
    .split("/")
    .map((name) => `[${JSON.stringify(name)}]`)
    .join("");
  return [
    ["guards/pipeline.yaml", "pipeline:\n  - guard: opa\n"],
    [
      "guards/opa/guard.yaml",
      `name: opa\ndescription: What OPA was asked for, ${entrypoint}.\nversion: 1.0.0\nentrypoint: guards/opa/verdict\n`,
    ],
    ["guards/opa/guard.rego", `package guards.opa\n\nverdict := data${rule}\n`],
  ];
}

type Map = Readonly<Record<string, unknown>>;

function mapAt(value: Map, ...path: readonly string[]): Map {
  let found: unknown = value;
  for (const name of path) {
    found = isMap(found) ? found[name] : undefined;
  }
  return isMap(found) ? found : {};
}

/** Where OPA fetched its bundle, for the time when that has the guards too. */
function remoteLines(opa: Map): readonly string[] {
  const lines = bundleLines(opa);
  return lines.length === 0
    ? []
    : [
        "# Once `portcullis build` has packed this folder and your service delivers it:",
        ...lines.map((line) => `# ${line}`),
      ];
}

function bundleLines(opa: Map): readonly string[] {
  const [first, ...others] = Object.entries(mapAt(opa, "bundles"));
  if (first === undefined || others.length > 0) {
    return [];
  }
  const [name, bundle] = first;
  const settings = isMap(bundle) ? bundle : {};
  const service = serviceOf(opa, settings["service"]);
  const url = String(service["url"] ?? "").replace(/\/$/, "");
  const resource = String(settings["resource"] ?? `bundles/${name}`);
  const address = /^https?:/.test(resource)
    ? resource
    : `${url}/${resource.replace(/^\//, "")}`;
  const polling = mapAt(settings, "polling");
  const remote = {
    tokenFile: mapAt(service, "credentials", "bearer")["token_path"],
    cert: mapAt(service, "credentials", "client_tls")["cert"],
    key: mapAt(service, "credentials", "client_tls")["private_key"],
    ca: mapAt(service, "tls")["ca_cert"],
    timeoutMs: seconds(service["response_header_timeout_seconds"]),
    maxBytes: settings["size_limit_bytes"],
    allowPlaintext: address.startsWith("http:") ? true : undefined,
  };
  return [
    "bundle:",
    `  source: ${JSON.stringify(address)}`,
    ...group("polling", {
      minMs: seconds(polling["min_delay_seconds"]),
      maxMs: seconds(polling["max_delay_seconds"]),
      longPollMs: seconds(polling["long_polling_timeout_seconds"]),
    }),
    ...group("remote", remote),
    ...(settings["persist"] === true
      ? [
          `  cache: ${JSON.stringify(opa["persistence_directory"] ?? ".portcullis")}`,
        ]
      : []),
    ...signatureLines(opa, settings),
  ];
}

function serviceOf(opa: Map, name: unknown): Map {
  const { services } = opa;
  const list = Array.isArray(services)
    ? services.filter(isMap)
    : Object.entries(mapAt(opa, "services")).flatMap(([key, one]) =>
        isMap(one) ? [{ name: key, ...one }] : [],
      );
  return list.find((one: Map) => one["name"] === name) ?? list[0] ?? {};
}

function seconds(value: unknown): number | undefined {
  return typeof value === "number" ? value * 1_000 : undefined;
}

/** The members that are there, in a group of `bundle`. */
function group(name: string, members: Map): readonly string[] {
  const found = Object.entries(members).filter(
    ([, value]) => value !== undefined,
  );
  return found.length === 0
    ? []
    : [
        `  ${name}:`,
        ...found.map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`),
      ];
}

function signatureLines(opa: Map, bundle: Map): readonly string[] {
  const signing = mapAt(bundle, "signing");
  const id = signing["keyid"];
  const key = mapAt(opa, "keys", String(id));
  if (typeof id !== "string" || typeof key["key"] !== "string") {
    return ["  signature: { required: false }"];
  }
  const members = {
    key: key["key"],
    algorithm: key["algorithm"] ?? "RS256",
    ...(signing["scope"] === undefined ? {} : { scope: signing["scope"] }),
  };
  return [
    "  signature:",
    "    required: true",
    "    keys:",
    `      ${JSON.stringify(id)}: ${JSON.stringify(members)}`,
  ];
}

function grpcLines(plugin: Map): readonly string[] {
  const { addr } = plugin;
  const members = {
    listen: typeof addr === "string" ? toListen(addr) : undefined,
    reflection: plugin["enable-reflection"],
    maxMessageBytes: plugin["grpc-max-recv-msg-size"],
  };
  const found = Object.entries(members).filter(
    ([, value]) => value !== undefined,
  );
  const isOpen =
    members.listen && !/^(127\.|localhost|unix:)/.test(members.listen);
  return found.length === 0
    ? []
    : [
        "grpc:",
        ...found.map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
        ...(isOpen
          ? [
              "  allowPlaintext: true # as the plugin: give it `tls` where others reach it",
            ]
          : []),
      ];
}

/** `grpc://host:port` and `unix:///path` as our listeners spell them. */
function toListen(address: string): string {
  return address.startsWith("unix://")
    ? `unix:${address.slice("unix://".length)}`
    : address.replace(/^grpc:\/\//, "");
}

function decisionLogLines(opa: Map): readonly string[] {
  const members = {
    file: opa["decision_logs"] === undefined ? "off" : "-",
    ...(opa["nd_builtin_cache"] === true ? { ndBuiltinCache: true } : {}),
  };
  return [
    "decisionLog:",
    ...Object.entries(members).map(
      ([key, value]) => `  ${key}: ${JSON.stringify(value)}`,
    ),
  ];
}
