import { foreignAbis, PolicyError } from "../../../src/engine/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
  textFlags,
} from "../command.ts";
import { judgeCases } from "../guard-cases.ts";
import { guardReportText, inspectGuard } from "../guard-inspect.ts";
import { packGuard, writeGuard } from "../guard-pack.ts";
import {
  answerJson,
  type RunRequest,
  readInput,
  runGuard,
} from "../guard-run.ts";
import { readGuard } from "../guard-source.ts";
import { readPairs } from "../read-pairs.ts";

const actions = { pack, inspect, run };

const text = (argument: string, help: string) =>
  ({ type: "string", argument, help }) as const;

/** `portcullis guard`: guards that were compiled elsewhere (docs/guard-abi.md). */
export const guard: Command = {
  usage: "pack|inspect|run PATH",
  flags: {
    name: text("NAME", "pack: the guard's name"),
    version: text("VERSION", "pack: its version"),
    description: text("TEXT", "pack: what it denies and why"),
    "signing-key": text("FILE", "pack: sign with this Ed25519 key (PEM)"),
    "allow-unsigned": {
      type: "boolean",
      help: "pack: the manifest lets the guard go without a signature",
    },
    output: {
      ...text("PATH", "pack: a folder, or a .tar.gz (default guards/NAME)"),
      short: "o",
    },
    format: {
      ...text("FORMAT", "inspect: pretty or json (default pretty)"),
      short: "f",
    },
    input: {
      ...text("FILE", "run: the input document (default standard input)"),
      short: "i",
    },
    cases: text(
      "FILE",
      "run: instead of an input the requests of a file of cases",
    ),
    data: {
      ...text("FILE", "run: the base document, for OPA's ABI"),
      short: "d",
    },
    fuel: text("UNITS", "run: units of work that it may use"),
    "memory-pages": text("PAGES", "run: pages of 64 KiB that it may have"),
    "deadline-ms": text("MS", "run: milliseconds that it may take"),
    abi: text("ABI", "run: raw or opa (default: what the module exports)"),
    entrypoint: text("PATH", "pack, run: the entrypoint, for OPA's ABI"),
    config: {
      ...text("KEY=VALUE", "pack, run: what `config` gives; repeatable"),
      multiple: true,
    },
  },
  run: async (args: Arguments) => {
    const [action = "", path, ...more] = args.positionals;
    const format = textFlag(args, "format") ?? "pretty";
    const wrong =
      wrongPaths(action, path, more) ??
      (["pretty", "json"].includes(format)
        ? undefined
        : notOneOf("format", format, ["pretty", "json"]));
    if (wrong !== undefined || path === undefined) {
      console.error(`portcullis guard: ${wrong}`);
      return exitCode.failed;
    }
    try {
      return await actions[action as keyof typeof actions](path, args);
    } catch (error) {
      const { code, message } = PolicyError.from(error);
      console.error(`portcullis guard ${action}: ${message}`);
      return code === "guard_module_error" ? exitCode.policy : exitCode.failed;
    }
  },
};

function wrongPaths(
  action: string,
  path: string | undefined,
  more: readonly string[],
): string | undefined {
  if (!Object.hasOwn(actions, action)) {
    return "say what to do: pack, inspect or run";
  }
  return path === undefined || more.length > 0
    ? "give one guard.wasm, or the folder of a guard"
    : undefined;
}

async function pack(path: string, args: Arguments): Promise<number> {
  const name = textFlag(args, "name") ?? "";
  const { bytes } = readGuard(path);
  const files = packGuard(bytes, {
    name,
    version: textFlag(args, "version") ?? "",
    description: textFlag(args, "description") ?? "",
    entrypoint: textFlag(args, "entrypoint") ?? "",
    config: readPairs(textFlags(args, "config"), configFlag),
    signingKey: textFlag(args, "signing-key"),
    allowUnsigned: args.flags["allow-unsigned"] === true,
  });
  await writeGuard(files, name, textFlag(args, "output") ?? `guards/${name}`);
  return exitCode.fine;
}

async function inspect(path: string, args: Arguments): Promise<number> {
  const report = inspectGuard(readGuard(path));
  const isJson = textFlag(args, "format") === "json";
  process.stdout.write(
    isJson
      ? `${JSON.stringify(report, undefined, 2)}\n`
      : guardReportText(report),
  );
  const isFine =
    report.refused === undefined && report.manifest?.fault === undefined;
  return isFine ? exitCode.fine : exitCode.policy;
}

async function run(path: string, args: Arguments): Promise<number> {
  const data = textFlag(args, "data");
  const request = {
    data: data === undefined ? undefined : readInput(data),
    entrypoint: textFlag(args, "entrypoint"),
    config: readPairs(textFlags(args, "config"), configFlag),
    limits: {
      fuel: numberFlag(args, "fuel"),
      memoryPages: numberFlag(args, "memory-pages"),
      deadlineMs: numberFlag(args, "deadline-ms"),
    },
  };
  const cases = textFlag(args, "cases");
  if (cases !== undefined) {
    return runCases(path, cases, { args, request });
  }
  const { answer, ms } = await runGuard(readGuard(path), {
    ...request,
    input: readInput(textFlag(args, "input")),
    abi: abiFlag(args),
  });
  console.log(answerJson(answer, ms));
  return "error" in answer ? exitCode.policy : exitCode.fine;
}

type CasesRun = {
  readonly args: Arguments;
  readonly request: Omit<RunRequest, "input" | "abi">;
};

async function runCases(
  path: string,
  file: string,
  { args, request }: CasesRun,
): Promise<number> {
  const source = readGuard(path);
  const idle = [
    "input",
    "abi",
    // These are the manifest's.
    ...(source.manifest ? ["config", "entrypoint"] : []),
  ].find((name) => args.flags[name] !== undefined);
  if (idle !== undefined) {
    throw wrongFlag(`--${idle} says nothing with --cases`);
  }
  const judged = await judgeCases(source, file, request);
  for (const one of judged) {
    console.log(JSON.stringify(one));
  }
  const isFine = judged.every(({ faults }) => faults.length === 0);
  return isFine ? exitCode.fine : exitCode.policy;
}

function abiFlag(args: Arguments) {
  const given = textFlag(args, "abi");
  const known = foreignAbis.find((abi) => abi === given);
  if (given !== undefined && known === undefined) {
    throw wrongFlag(notOneOf("abi", given, foreignAbis));
  }
  return known;
}

function numberFlag(args: Arguments, name: string): number | undefined {
  const given = textFlag(args, name);
  if (given === undefined) {
    return undefined;
  }
  if (!/^[1-9]\d{0,14}$/.test(given)) {
    throw wrongFlag(`--${name} must be a whole number, not \`${given}\``);
  }
  return Number(given);
}

const configFlag = {
  flag: "config",
  form: "KEY=VALUE",
  code: "guard_manifest_error",
} as const;

function wrongFlag(message: string): PolicyError {
  return new PolicyError("guard_manifest_error", message);
}
