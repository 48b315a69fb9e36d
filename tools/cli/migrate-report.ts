import type {
  FoundKey,
  OpaConfig,
  PolicyFindings,
} from "../../src/server/index.ts";

/** What `migrate check` has found. */
type MigrateReport = {
  readonly path: string;
  readonly entrypoint: string;
  readonly policy: PolicyFindings;
  readonly config: OpaConfig | undefined;
};

export function migrateJson({
  config,
  entrypoint,
  path,
  policy,
}: MigrateReport): string {
  const report = { path, entrypoint, ...policy, configuration: config?.keys };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** The findings for people, what needs a hand before what does not. */
export function migratePretty(report: MigrateReport): string {
  const { policy } = report;
  const lines = [
    `${report.path}, asked for data.${report.entrypoint.replaceAll("/", ".")}`,
    `language: ${languageText(policy.regoVersions)}`,
    ...builtinLines(policy),
    ...callLines(policy),
    ...separableLines(report),
    ...(report.config ? configLines(report.config.keys) : []),
  ];
  return `${lines.join("\n")}\n`;
}

function languageText({ v0, v1 }: PolicyFindings["regoVersions"]): string {
  return v0 === 0
    ? `Rego v1, ${v1} files`
    : `Rego v0, ${v0} files; v1, ${v1} files`;
}

function builtinLines({ builtins }: PolicyFindings): readonly string[] {
  return (["nowhere", "host", "sandbox"] as const).flatMap((place) => {
    const names = builtins.filter(({ runs }) => runs === place);
    const text = names.map(({ name }) => name).join(", ");
    return names.length === 0 ? [] : [`builtins, ${whereText[place]}: ${text}`];
  });
}

const whereText = {
  nowhere: "which nobody runs here",
  host: "in the host",
  sandbox: "in the sandbox",
};

function callLines({ nondeterministic }: PolicyFindings): readonly string[] {
  return nondeterministic.map(
    ({ builtin, location }) =>
      `${placeText(location)}: \`${builtin}\` may answer otherwise each time, on the way of a request`,
  );
}

function separableLines({
  entrypoint,
  policy,
}: MigrateReport): readonly string[] {
  const rule = entrypoint.split("/").at(-1);
  return policy.separable.map(
    ({ location, text }) =>
      `${placeText(location)}: \`${text}\` depends on no other condition of \`${rule}\`: it could be a guard with a reason of its own`,
  );
}

function configLines(keys: readonly FoundKey[]): readonly string[] {
  const order: readonly FoundKey["fate"]["kind"][] = [
    "unknown",
    "unsupported",
    "needless",
    "taken",
  ];
  return order.flatMap((kind) =>
    keys
      .filter(({ fate }) => fate.kind === kind)
      .map(
        ({ fate, key, location }) =>
          `${placeText(location)}: \`${key}\` ${fateText(fate)}`,
      ),
  );
}

function fateText(fate: FoundKey["fate"]): string {
  switch (fate.kind) {
    case "taken":
      return `becomes ${fate.into}`;
    case "needless":
      return `is not needed: ${fate.why}`;
    case "unsupported":
      return `is not supported: ${fate.instead}`;
    case "unknown":
      return fate.guess === undefined
        ? "is no key of OPA's"
        : `is no key of OPA's; did you mean \`${fate.guess}\`?`;
  }
}

function placeText({
  col,
  file,
  row,
}: {
  readonly file: string;
  readonly row: number;
  readonly col: number;
}): string {
  return `${file}:${row}:${col}`;
}
