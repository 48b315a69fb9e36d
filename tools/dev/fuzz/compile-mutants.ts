import { writeSync } from "node:fs";
import { compile, PolicyError } from "../../../src/engine/index.ts";
import { readCorpus } from "./corpus.ts";
import { mutant } from "./mutate.ts";

/**
 * Compiles mutants of one seed until the time is up, writing the number of each
 * at the start of standard output, which is a file, before it begins: so the
 * watching process knows which one hangs. Throws at the first outcome that is
 * neither a policy nor a rego_* error.
 */
function compileMutants(seed: number, until: number): void {
  const corpus = readCorpus();
  for (let number = 0; Date.now() < until; number += 1) {
    writeSync(process.stdout.fd, String(number).padEnd(16), 0);
    const text = mutant({ seed, number }, corpus);
    try {
      compileOne(text);
    } catch (cause) {
      throw new Error(`seed ${seed}, program ${number}:\n${text}`, { cause });
    }
  }
}

function compileOne(text: string): void {
  const compiled = compile({ modules: { "a.rego": text } });
  for (const error of "errors" in compiled ? compiled.errors : []) {
    if (!(error instanceof PolicyError) || !error.code.startsWith("rego_")) {
      throw error;
    }
  }
}

const given = process.argv.slice(2).map(Number);
compileMutants(given[0] ?? 0, given[1] ?? 0);
