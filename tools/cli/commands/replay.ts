import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  createBundleSource,
  pipelineFile,
  readBundleFiles,
} from "../../../src/bundle/index.ts";
import { PolicyError } from "../../../src/engine/index.ts";
import {
  parseConfig,
  type ReplayOptions,
  type ReplayReport,
  readConfig,
  replay as replayLogs,
} from "../../../src/server/index.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
  textFlags,
} from "../command.ts";
import { builtinsFlag, loadBuiltins } from "../load-builtins.ts";
import { loadSubjectDocuments } from "../load-subject.ts";
import { showProgress } from "../progress.ts";
import { replayJson } from "../replay-reports/json.ts";
import { replayJunit } from "../replay-reports/junit.ts";
import { replayPretty } from "../replay-reports/pretty.ts";
import { replaySarif } from "../replay-reports/sarif.ts";
import { walkFiles } from "../walk-files.ts";

const formats: Readonly<Record<string, (report: ReplayReport) => string>> = {
  pretty: replayPretty,
  json: replayJson,
  junit: replayJunit,
  sarif: replaySarif,
};

/** `portcullis replay`: decides logged decisions again, by another bundle. */
export const replay: Command = {
  usage: "",
  flags: {
    builtins: builtinsFlag,
    bundle: {
      type: "string",
      short: "b",
      multiple: true,
      argument: "PATH",
      help: "what decides again: an archive, a folder, or a source of the server; may repeat",
    },
    config: {
      type: "string",
      short: "c",
      argument: "FILE",
      help: "the server's configuration, for whole checks (default: its defaults)",
    },
    coverage: {
      type: "boolean",
      default: true,
      help: "tell what the events reached of the policy; --no-coverage is faster",
    },
    decisions: {
      type: "string",
      multiple: true,
      argument: "PATH",
      help: "decision logs, files or folders, or - for standard input; may repeat",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: "pretty (default), json, junit or sarif",
    },
    "v0-compatible": { type: "boolean", help: "read the bundle as Rego v0" },
  },
  run: async (args: Arguments) => {
    const format = textFlag(args, "format") ?? "pretty";
    const print = Object.hasOwn(formats, format) ? formats[format] : undefined;
    const wrong =
      wrongUse(args) ??
      (print ? undefined : notOneOf("format", format, Object.keys(formats)));
    if (wrong !== undefined) {
      console.error(`portcullis replay: ${wrong}`);
      return exitCode.failed;
    }
    const files = textFlags(args, "decisions").flatMap(logFiles);
    const report = await run(args, files);
    process.stdout.write(print?.(report) ?? "");
    return codeOf(report);
  },
};

function wrongUse({ flags, positionals }: Arguments): string | undefined {
  if (positionals.length > 0) {
    return `\`${positionals[0]}\` is not asked for; give logs by --decisions`;
  }
  if (flags["decisions"] === undefined) {
    return "give the decision logs by --decisions";
  }
  return flags["bundle"] === undefined
    ? "give what decides again by --bundle"
    : undefined;
}

function logFiles(path: string): readonly string[] {
  const files = path === "-" ? ["-"] : walkFiles(path);
  if (files === undefined) {
    throw new PolicyError("bundle_load_error", `there is no \`${path}\``);
  }
  if (files.length === 0) {
    throw new PolicyError("bundle_load_error", `\`${path}\` has no files`);
  }
  return files;
}

async function run(
  args: Arguments,
  files: readonly string[],
): Promise<ReplayReport> {
  const progress = showProgress(
    files.includes("-")
      ? undefined
      : files.reduce((sum, file) => sum + statSync(file).size, 0),
  );
  try {
    return await replayLogs({
      files,
      ...(await loadSubject(args)),
      builtins: await loadBuiltins(args),
      coverage: args.flags["coverage"] === true,
      onProgress: (bytes, { changed, events }) =>
        progress.show(bytes, `${events} events, ${changed} changed`),
    });
  } finally {
    progress.end();
  }
}

/** What decides again; guards only of a single source or the bundle that was built of it. */
async function loadSubject(
  args: Arguments,
): Promise<Pick<ReplayOptions, "documents" | "guards">> {
  const paths = textFlags(args, "bundle");
  const [path = ""] = paths;
  return {
    documents: await loadSubjectDocuments(paths, args),
    guards:
      paths.length === 1 && (await hasPipeline(path))
        ? await loadGuards(path, args)
        : undefined,
  };
}

async function loadGuards(
  path: string,
  args: Arguments,
): Promise<ReplayOptions["guards"]> {
  const config = readSetup(args);
  const bundle = { ...config.bundle, source: path };
  const { source } = await createBundleSource(bundle).load();
  return { source, config };
}

async function hasPipeline(path: string): Promise<boolean> {
  if (statSync(path).isDirectory()) {
    return existsSync(join(path, pipelineFile));
  }
  const { files } = await readBundleFiles(path);
  return files.some(({ name }) => name === pipelineFile);
}

function readSetup(args: Arguments) {
  const file = textFlag(args, "config");
  return file === undefined ? parseConfig("", "") : readConfig(file);
}

/** Nothing that could be read is a failure of the tool, not a good sign. */
function codeOf({ counts }: ReplayReport): number {
  if (counts.changed > 0) {
    return exitCode.policy;
  }
  return counts.same > 0 ? exitCode.fine : exitCode.failed;
}
