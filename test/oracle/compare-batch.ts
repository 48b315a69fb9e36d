import {
  type CompiledPolicy,
  compile,
  loadPolicy,
  type Policy,
  PolicyError,
} from "../../src/engine/index.ts";
import { canonicalJson, parseExactJson } from "../support/exact-json.ts";
import { type OpaServer, startOpaServer } from "../support/opa-server.ts";
import { createRandom } from "../support/random.ts";
import { checkWithOpa, type OpaVerdicts } from "./check-with-opa.ts";
import { generatedData, generateInput } from "./generate/input.ts";
import { type GeneratedProgram, generateProgram } from "./generate/program.ts";

/** Everything a batch is made from. */
export type Batch = { readonly seed: number; readonly size: number };

/** How much of a batch was compared. */
export type Agreement = {
  readonly compiled: number;
  readonly rejected: number;
  readonly answered: number;
};

type Compared = {
  readonly differences: readonly string[];
  readonly agreement: Agreement;
};

// Programs compiled into one module, as guards of one bundle are.
const moduleSize = 50;

// OPA's default of --max-errors.
const maxErrors = 10;

/** Generates programs, asks OPA and our compiler, and lists where they differ. */
export async function compareBatch(
  opa: string,
  { seed, size }: Batch,
): Promise<Compared> {
  const random = createRandom(seed);
  const programs = Array.from({ length: size }, (_, index) =>
    generateProgram(random, index),
  );
  const { crashes, rejections } = await checkWithOpa(opa, programs);
  const differences = programs.flatMap((program) =>
    rejectionDifference(program, rejections),
  );
  const accepted = programs.filter(
    ({ package: name }) => !rejections.has(name) && !crashes.has(name),
  );
  const questions = accepted.map((program) => ({
    program,
    inputs: [generateInput(random), generateInput(random)],
  }));
  const answers = await compareAnswers(questions);
  return {
    differences: [...differences, ...answers],
    agreement: {
      compiled: accepted.length,
      rejected: rejections.size,
      answered: questions.flatMap(({ inputs }) => inputs).length,
    },
  };
}

/** A program that OPA refuses must be refused with the same errors. */
function rejectionDifference(
  program: GeneratedProgram,
  rejections: OpaVerdicts["rejections"],
): readonly string[] {
  const theirs = rejections.get(program.package);
  if (theirs === undefined) {
    return [];
  }
  const compiled = compile({ modules: modulesOf([program]) });
  const found = "errors" in compiled ? compiled.errors : [];
  const ours = found.map(
    ({ code, rawMessage, location }) =>
      `${location?.row}:${location?.col}: ${code}: ${rawMessage}`,
  );
  // Past the limit one compiler may have dropped what the other kept.
  const [left, right] =
    theirs.length > maxErrors
      ? [ours.length > maxErrors, true]
      : [comparable(ours, theirs), comparable(theirs, theirs)];
  return left === right
    ? []
    : [
        `${program.text}\nis refused by OPA with\n${right}\nby us with\n${left}`,
      ];
}

/**
 * Sorted, without what differs for a known reason: the place, where OPA has
 * none; the numbers of generated variables; and of an undefined ref the place, which OPA gives as that of the
 * module's last mention of the rule, and the text, in which OPA puts a
 * generated variable's value back in some places.
 */
function comparable(
  errors: readonly string[],
  theirs: readonly string[],
): string {
  const placeless = theirs.some((error) => error.startsWith("undefined:"));
  const texts = errors.map((error) =>
    error
      .replace(placeless ? /^\S+ / : "", "")
      .replaceAll(/__local\d+__/g, "__local__")
      .replace(/^\S+ (rego_type_error: undefined ref: ).*/s, "$1"),
  );
  return [...new Set(texts)].sort().join("\n");
}

type Question = {
  readonly program: GeneratedProgram;
  readonly inputs: readonly string[];
};

async function compareAnswers(
  questions: readonly Question[],
): Promise<readonly string[]> {
  const differences: string[] = [];
  const server = await startOpaServer({
    ...modulesOf(questions.map(({ program }) => program)),
    "data.json": generatedData,
  });
  try {
    for (let at = 0; at < questions.length; at += moduleSize) {
      const group = questions.slice(at, at + moduleSize);
      differences.push(...(await compareGroup(server, group)));
    }
  } finally {
    await server.close();
  }
  return differences;
}

async function compareGroup(
  server: OpaServer,
  group: readonly Question[],
): Promise<readonly string[]> {
  const policy = await loadTogether(group.map(({ program }) => program));
  if (policy instanceof PolicyError) {
    const refused = group.filter(
      ({ program }) => policy.location?.file === `${program.package}.rego`,
    );
    const rest = group.filter((question) => !refused.includes(question));
    return refused.length === 0
      ? [`OPA compiles what we refuse: ${policy.message}`]
      : [
          ...refused.map(
            ({ program }) =>
              `${program.text}\nis compiled by OPA, and refused by us: ${policy.message}`,
          ),
          ...(await compareGroup(server, rest)),
        ];
  }
  const asked = group.flatMap(({ program, inputs }) =>
    inputs.map(async (input) => {
      const theirs = await theirAnswer(server, program.package, input);
      const ours = ourAnswer(policy, program.package, input);
      return ours === theirs
        ? []
        : [`${program.text}\ninput ${input}\n  OPA  ${theirs}\n  ours ${ours}`];
    }),
  );
  return (await Promise.all(asked)).flat();
}

function modulesOf(
  programs: readonly GeneratedProgram[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    programs.map(({ package: name, text }) => [`${name}.rego`, text]),
  );
}

/** One module with each package as an entrypoint, or why there is none. */
async function loadTogether(
  programs: readonly GeneratedProgram[],
): Promise<Policy | PolicyError> {
  const compiled = compile({
    modules: modulesOf(programs),
    entrypoints: programs.map(({ package: name }) => name),
  });
  if ("errors" in compiled) {
    return PolicyError.from(compiled.errors[0]);
  }
  const policy: CompiledPolicy = compiled.policy;
  return loadPolicy(policy.wasm, {
    data: new TextEncoder().encode(generatedData),
    limits: { deadlineMs: 5_000 },
  });
}

async function theirAnswer(
  server: OpaServer,
  path: string,
  input: string,
): Promise<string> {
  const answer = await server.evaluate(path, input);
  if (answer.kind === "value") {
    return canonicalJson(parseExactJson(answer.json));
  }
  return answer.kind === "error" ? answer.code : "undefined";
}

function ourAnswer(policy: Policy, path: string, input: string): string {
  try {
    const decision = policy.start(new TextEncoder().encode(input));
    const json = decision.evaluateJson(path);
    return json === undefined
      ? "undefined"
      : canonicalJson(parseExactJson(json));
  } catch (error) {
    return PolicyError.from(error).code;
  }
}
