import { readDirectory } from "../../../src/bundle/index.ts";
import { compile, loadPolicy } from "../../../src/engine/index.ts";
import { sampleInput } from "./sample-input.ts";

// `tsx tools/dev/bench/endurance.ts`: a million decisions of the shipped guards
// in one instance. Exits 1 when its memory, or the heap, has grown.
const guards = ["identity", "tool_scope", "dlp", "budget"];
const decisions = 1_000_000;
const { modules, data } = readDirectory(".");
const compiled = compile({
  modules,
  entrypoints: guards.map((guard) => `guards/${guard}/verdict`),
});
if ("errors" in compiled) {
  throw compiled.errors[0];
}
const policy = await loadPolicy(compiled.policy.wasm, { data });
const input = sampleInput();

function decide(): void {
  const decision = policy.start(input);
  for (const guard of guards) {
    decision.evaluate(`guards/${guard}/verdict`);
  }
}

for (let round = 0; round < 10_000; round += 1) {
  decide();
}
const sandbox = policy.memoryBytes;
const heap = process.memoryUsage().rss;
for (let round = 0; round < decisions; round += 1) {
  decide();
}
const grown = policy.memoryBytes - sandbox;
const rss = process.memoryUsage().rss - heap;
console.log(
  `${decisions} decisions: sandbox ${sandbox} bytes, grown by ${grown}; process grown by ${Math.round(rss / 1024)} KiB`,
);
process.exitCode = grown === 0 ? 0 : 1;
