import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readCorpus } from "./fuzz/corpus.ts";
import { mutant } from "./fuzz/mutate.ts";

// `npm run fuzz -- --seconds 600 --seed 1`: mutated Rego is compiled or refused
// with a rego_* error, never a crash; a program that takes longer than this hangs.
const hangMilliseconds = 10_000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const seed = Number(values.seed);
console.log(`fuzzing for ${values.seconds} s, seed ${seed}`);

const until = Date.now() + Number(values.seconds) * 1_000;
const program = fileURLToPath(
  new URL("fuzz/compile-mutants.ts", import.meta.url),
);
const child = spawn(
  process.execPath,
  ["--import", "tsx", program, String(seed), String(until)],
  { stdio: ["ignore", "pipe", "inherit"] },
);
let number = -1;
let since = Date.now();
child.stdout.setEncoding("utf8");
child.stdout.on("data", (text: string) => {
  number = Number(text.trim().split("\n").at(-1));
  since = Date.now();
});
const watch = setInterval(() => {
  if (number >= 0 && Date.now() - since > hangMilliseconds) {
    clearInterval(watch);
    child.kill("SIGKILL");
    const text = mutant({ seed, number }, readCorpus());
    console.error(`seed ${seed}, program ${number} hangs:\n${text}`);
  }
}, 500);
child.on("exit", (code) => {
  clearInterval(watch);
  console.log(`${number + 1} programs`);
  process.exitCode = code === 0 ? 0 : 1;
  recordCount(code === 0);
});

/** For .ci/run, which sums what all programs counted. */
function recordCount(passed: boolean): void {
  const file = process.env["PORTCULLIS_COUNTS"];
  if (file) {
    appendFileSync(file, passed ? "1 0 0\n" : "0 1 0\n");
  }
}
