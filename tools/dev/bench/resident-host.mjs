// Loads FOLDER's policy.wasm and data.json, decides about its input.json for a
// while, says so, and waits to be looked at.
import { readFileSync } from "node:fs";
import { loadPolicy } from "portcullis";

const folder = process.argv[2];
const policy = await loadPolicy(readFileSync(`${folder}/policy.wasm`), {
  data: readFileSync(`${folder}/data.json`),
});
const input = readFileSync(`${folder}/input.json`);
const end = performance.now() + 500;
while (performance.now() < end) {
  policy.evaluate(input);
}
process.stdin.resume();
console.log("ready");
