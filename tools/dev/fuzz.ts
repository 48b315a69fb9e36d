import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { recordCounts } from "../../test/support/record-counts.ts";
import { readCorpus } from "./fuzz/corpus.ts";
import { mutant } from "./fuzz/mutate.ts";

// `npm run fuzz -- --seconds 600 --seed 1`: mutated Rego is compiled or refused
// with a rego_* error, never a crash; a program that takes longer than this hangs. Other
// tests may run beside at a higher priority, so this is generous.
const hangMilliseconds = 60_000;

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
// A file, not a pipe: the child compiles without ever returning to its event
// loop, so a full pipe would fail its write.
const folder = mkdtempSync(join(tmpdir(), "portcullis-fuzz-"));
const progress = join(folder, "progress");
const child = spawn(
  process.execPath,
  ["--import", "tsx", program, String(seed), String(until)],
  { stdio: ["ignore", openSync(progress, "w"), "inherit"] },
);
let number = -1;
let since = Date.now();
const watch = setInterval(() => {
  const latest = readProgress();
  if (latest !== number) {
    number = latest;
    since = Date.now();
  } else if (number >= 0 && Date.now() - since > hangMilliseconds) {
    clearInterval(watch);
    child.kill("SIGKILL");
    const text = mutant({ seed, number }, readCorpus());
    console.error(`seed ${seed}, program ${number} hangs:\n${text}`);
  }
}, 500);
child.on("exit", (code) => {
  clearInterval(watch);
  console.log(`${readProgress() + 1} programs`);
  rmSync(folder, { recursive: true });
  process.exitCode = code === 0 ? 0 : 1;
  const passed = code === 0;
  recordCounts(
    { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 },
    passed ? [] : [`fuzz: seed ${seed}, program ${number}`],
  );
});

/** The number of the program that the child is at; -1 before the first. */
function readProgress(): number {
  const text = readFileSync(progress, "utf8");
  return text === "" ? -1 : Number(text);
}
