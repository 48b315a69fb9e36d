import { setTimeout as delay } from "node:timers/promises";
import { PolicyError } from "../../../src/engine/index.ts";
import type { CompareReport } from "../../../src/server/index.ts";
import { adminFlag, adminOf, askAdmin, wrongAdmin } from "../admin-client.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  notOneOf,
  textFlag,
} from "../command.ts";
import { compareHtml } from "../compare-reports/html.ts";
import { compareMarkdown } from "../compare-reports/markdown.ts";
import { comparePretty, compareStatus } from "../compare-reports/pretty.ts";

const formats: Readonly<Record<string, (report: CompareReport) => string>> = {
  pretty: comparePretty,
  json: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
  markdown: compareMarkdown,
  html: compareHtml,
};

const verbs = ["status", "report", "watch"];

// Often enough to follow, seldom enough to cost the server nothing.
const watchEveryMs = 2_000;

/** `portcullis compare`: what a running server has found in comparing its answers. */
export const compare: Command = {
  usage: "status|report|watch",
  flags: {
    admin: adminFlag,
    "fail-above": {
      type: "string",
      argument: "SHARE",
      help: "exit with 2 when a greater share of checks differs, as 0.1%",
    },
    format: {
      type: "string",
      short: "f",
      argument: "FORMAT",
      help: "of report: pretty (default), json, markdown or html",
    },
    "min-observations": {
      type: "string",
      argument: "NUMBER",
      help: "exit with 1 when fewer checks were compared",
    },
  },
  run: async (args: Arguments) => {
    const [verb = ""] = args.positionals;
    const gate = readGate(args);
    const format = textFlag(args, "format") ?? "pretty";
    const wrong = wrongUse(args) ?? ("wrong" in gate ? gate.wrong : undefined);
    if (wrong !== undefined || "wrong" in gate) {
      console.error(`portcullis compare: ${wrong}`);
      return exitCode.failed;
    }
    const admin = adminOf(args);
    if (admin === undefined) {
      console.error(`portcullis compare: ${wrongAdmin(args)}`);
      return exitCode.failed;
    }
    if (verb === "watch") {
      return watch(admin);
    }
    const report = await fetchReport(admin);
    const print = verb === "status" ? compareStatus : formats[format];
    process.stdout.write(print?.(report) ?? "");
    return judge(report, gate);
  },
};

function wrongUse({ flags, positionals }: Arguments): string | undefined {
  const [verb, ...others] = positionals;
  if (verb === undefined || others.length > 0) {
    return `give one of ${verbs.join(", ")}`;
  }
  if (!verbs.includes(verb)) {
    return `there is no \`${verb}\`, only ${verbs.join(", ")}`;
  }
  const format = flags["format"];
  return typeof format !== "string" || Object.hasOwn(formats, format)
    ? undefined
    : notOneOf("format", format, Object.keys(formats));
}

type Gate = {
  /** A share of one. */
  readonly failAbove: number | undefined;
  readonly minObservations: number;
};

function readGate(args: Arguments): Gate | { readonly wrong: string } {
  const share = textFlag(args, "fail-above");
  const [, number, sign] = /^(\d+(?:\.\d+)?)(%?)$/.exec(share ?? "") ?? [];
  const least = textFlag(args, "min-observations") ?? "0";
  if (share !== undefined && number === undefined) {
    return {
      wrong: `--fail-above cannot be \`${share}\`; write 0.1% or 0.001`,
    };
  }
  if (!/^\d+$/.test(least)) {
    return { wrong: `--min-observations cannot be \`${least}\`` };
  }
  return {
    failAbove:
      number === undefined
        ? undefined
        : Number(number) / (sign === "%" ? 100 : 1),
    minObservations: Number(least),
  };
}

function judge(
  { different, observations }: CompareReport,
  { failAbove, minObservations }: Gate,
): number {
  if (observations < minObservations) {
    console.error(
      `portcullis compare: ${observations} checks were compared, ${minObservations} are wanted`,
    );
    return exitCode.failed;
  }
  const share = observations === 0 ? 0 : different / observations;
  return failAbove !== undefined && share > failAbove
    ? exitCode.policy
    : exitCode.fine;
}

async function fetchReport(admin: URL): Promise<CompareReport> {
  const { status, body } = await askAdmin(admin, "/compare");
  if (status !== 200) {
    throw new PolicyError(
      "server_request_error",
      status === 404
        ? `the server at ${admin.origin} compares nothing: its configuration has no \`compare\``
        : `${admin.origin} answers ${status}`,
    );
  }
  return body as CompareReport;
}

/** A line whenever something has changed, until it is interrupted. */
async function watch(admin: URL): Promise<number> {
  let shown = "";
  const stopped = new AbortController();
  process.once("SIGINT", () => stopped.abort());
  while (!stopped.signal.aborted) {
    const line = compareStatus(await fetchReport(admin));
    if (line !== shown) {
      process.stdout.write(line);
      shown = line;
    }
    await delay(watchEveryMs, undefined, { signal: stopped.signal }).catch(
      () => undefined,
    );
  }
  return exitCode.fine;
}
