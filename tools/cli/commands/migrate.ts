import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readBundleFiles } from "../../../src/bundle/index.ts";
import { PolicyError } from "../../../src/engine/index.ts";
import {
  checkOpaConfig,
  checkPolicy,
  guardFiles,
  type OpaConfig,
  type PolicyFindings,
  toServerConfig,
} from "../../../src/server/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
} from "../command.ts";
import { loadSubjectDocuments } from "../load-subject.ts";
import { migrateJson, migratePretty } from "../migrate-report.ts";

const formats = ["pretty", "json"];

/** `portcullis migrate check`: what a policy of OPA needs here, before anything runs. */
export const migrate: Command = {
  usage: "check PATH",
  flags: {
    config: {
      type: "string",
      short: "c",
      argument: "FILE",
      help: "OPA's configuration, YAML or JSON",
    },
    entrypoint: {
      type: "string",
      short: "e",
      argument: "PATH",
      help: "the rule that requests ask for (default: the plugin's `path` in --config, else envoy/authz/allow)",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: "pretty (default) or json",
    },
    "v0-compatible": { type: "boolean", help: "read the policy as Rego v0" },
    write: {
      type: "string",
      short: "w",
      argument: "DIR",
      help: "write a source of the server there: portcullis.yaml, the policy, and a guard that asks it",
    },
  },
  run: async (args: Arguments) => {
    const format = textFlag(args, "format") ?? "pretty";
    const wrong =
      wrongUse(args) ??
      (formats.includes(format)
        ? undefined
        : notOneOf("format", format, formats));
    if (wrong !== undefined) {
      console.error(`portcullis migrate: ${wrong}`);
      return exitCode.failed;
    }
    const [, path = ""] = args.positionals;
    const config = readOpaConfig(args);
    const entrypoint = entrypointOf(args, config);
    const documents = await loadSubjectDocuments([path], args);
    const policy = checkPolicy(documents, entrypoint);
    const report = { path, entrypoint, policy, config };
    const print = format === "json" ? migrateJson : migratePretty;
    process.stdout.write(print(report));
    const target = textFlag(args, "write");
    if (target !== undefined) {
      await writeSource({ path, target, entrypoint, policy, config });
    }
    return isBlocked(report) ? exitCode.policy : exitCode.fine;
  },
};

function wrongUse({ positionals }: Arguments): string | undefined {
  const [verb, path, ...others] = positionals;
  if (verb !== "check") {
    return verb === undefined
      ? "give `check` and what is to be checked"
      : `there is no \`${verb}\`, only \`check\``;
  }
  return path === undefined || others.length > 0
    ? "give one folder or archive to check"
    : undefined;
}

function readOpaConfig(args: Arguments): OpaConfig | undefined {
  const file = textFlag(args, "config");
  if (file === undefined) {
    return undefined;
  }
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new PolicyError(
      "server_config_error",
      `there is no configuration file \`${file}\``,
      { cause },
    );
  }
  return checkOpaConfig(text, file);
}

/** The plugin's own default, where nobody says otherwise. */
function entrypointOf(args: Arguments, config: OpaConfig | undefined): string {
  const plugins = config?.value["plugins"] as
    | { readonly envoy_ext_authz_grpc?: PluginConfig | null }
    | null
    | undefined;
  const { path, query } = plugins?.envoy_ext_authz_grpc ?? {};
  const asked = textFlag(args, "entrypoint") ?? path ?? fromQuery(query);
  return asked.split("/").filter(Boolean).join("/");
}

type PluginConfig = { readonly path?: string; readonly query?: string };

function fromQuery(query = "data.envoy.authz.allow"): string {
  return query.replace(/^data\./, "").replaceAll(".", "/");
}

type Report = {
  readonly path: string;
  readonly entrypoint: string;
  readonly policy: PolicyFindings;
  readonly config: OpaConfig | undefined;
};

/** A builtin that nobody runs stops the policy; all else is a matter of choice. */
function isBlocked({ policy }: Report): boolean {
  return policy.builtins.some(({ runs }) => runs === "nowhere");
}

async function writeSource({
  config,
  entrypoint,
  path,
  policy,
  target,
}: Report & { readonly target: string }): Promise<void> {
  if (existsSync(join(target, "portcullis.yaml"))) {
    throw new PolicyError(
      "server_config_error",
      `\`${target}\` has a portcullis.yaml already`,
    );
  }
  const asksNetwork = policy.nondeterministic.some(({ builtin }) =>
    ["http.send", "net.lookup_ip_addr"].includes(builtin),
  );
  const { files } = await readBundleFiles(path);
  const written: (readonly [string, string | Uint8Array])[] = [
    ["portcullis.yaml", toServerConfig(config?.value ?? {}, { asksNetwork })],
    ...guardFiles(entrypoint),
    ...files
      .filter(({ name }) => isPolicyFile(name))
      .map(({ bytes, name }) => [`policies/${name}`, bytes] as const),
  ];
  for (const [name, content] of written) {
    const file = join(target, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  console.error(`portcullis migrate: ${written.length} files in ${target}`);
}

function isPolicyFile(name: string): boolean {
  return name.endsWith(".rego") || /^data\.(json|ya?ml)$/.test(basename(name));
}
