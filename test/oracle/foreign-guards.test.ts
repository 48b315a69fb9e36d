import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hostBuiltins } from "../../src/builtins/index.ts";
import { readArchive } from "../../src/bundle/archive.ts";
import { loadForeignGuard } from "../../src/engine/index.ts";
import { opaBinary } from "../support/opa-binary.ts";

const opa = opaBinary();

// What runs in OPA's module, and what its host has to do: sets go over to
// builtins and come back, errors of builtins are undefined, time is one.
const policy = `package guards.ext

verdict := {"allowed": true} if {
	input.user in data.users
	not denied
}

denied if {
	some role in input.roles
	startswith(role, "no_")
}

reasons contains sprintf("%s may not %v: %d", [input.user, input.roles, count(input.roles)]) if input.user

reasons contains "early" if time.now_ns() < 1000

reasons contains "two times" if time.now_ns() != time.now_ns()

hosted := {
	"set": sprintf("%v %v", [{3, 1, 2}, {"a": {1}}]),
	"hash": crypto.sha256(input.user),
	"valid": yaml.is_valid(input.user),
	"parts": regex.split("[aeiou]", input.user),
	"claims": io.jwt.decode(input.token)[1],
	"number": sprintf("%v", [12345678901234567890]),
	"days": time.parse_duration_ns("36h"),
	"reach": graph.reachable({"a": {"b"}, "b": {"c"}, "c": set()}, {"a"}),
	"union": union({{1}, {2, input.user}}),
}

failing := crypto.x509.parse_certificates(input.user)

walked := [p | walk(input, [p, v]); is_number(v)]

deep := {"n": [x | some x in numbers.range(1, 50); x % 7 == 0], "s": {y | some y in input.roles}}
`;

const entrypoints = [
  "verdict",
  "reasons",
  "hosted",
  "failing",
  "walked",
  "deep",
];
const data = { users: ["alice", "bob"] };
const token = `${base64url({ alg: "none" })}.${base64url({ sub: "ada", n: 1.5 })}.`;

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

const inputs = [
  { user: "alice", roles: ["r"], token },
  { user: "bob", roles: ["no_r", "x"], token, depth: [{ a: 1 }, [2, [3]]] },
  { user: 'zoë \u{1F600}\u0000"', roles: [], token },
  { user: "", roles: [1, null, { a: [] }], token: "x" },
  {},
  { user: { not: "text" }, roles: "r" },
];

describe.skipIf(opa === undefined)("genuine modules of OPA", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-foreign-"));

  function run(args: readonly string[]): string {
    const { status, stderr, stdout } = spawnSync(opa ?? "", args, {
      cwd: folder,
      encoding: "utf8",
    });
    expect({ status, stderr, failed: status === 0 ? "" : stdout }).toEqual({
      status: 0,
      stderr: "",
      failed: "",
    });
    return stdout;
  }

  test("every entrypoint gives what OPA gives for the same Rego", async () => {
    writeFileSync(join(folder, "policy.rego"), policy);
    writeFileSync(
      join(folder, "data.json"),
      JSON.stringify({ ...data, inputs }),
    );
    const named = entrypoints.flatMap((name) => ["-e", `guards/ext/${name}`]);
    run(["build", "-t", "wasm", ...named, "policy.rego", "-o", "built.tar.gz"]);
    const archive = await readArchive(
      readFileSync(join(folder, "built.tar.gz")),
    );
    const module = archive.find(({ name }) => name === "policy.wasm");
    const wanted = wantedByOpa(run);
    let compared = 0;
    for (const name of entrypoints) {
      const guard = await loadForeignGuard(module?.bytes ?? new Uint8Array(), {
        abi: "opa",
        entrypoint: `guards/ext/${name}`,
        data: new TextEncoder().encode(JSON.stringify(data)),
        builtins: hostBuiltins,
        memoryPages: 256,
        tableElements: 10_000,
        depth: 1_000,
      });
      for (const [at, input] of inputs.entries()) {
        const answer = guard.evaluate(
          new TextEncoder().encode(JSON.stringify(input)),
          { fuel: 50_000_000, deadlineMs: 60_000 },
        );
        const value =
          "value" in answer ? { value: unordered(answer.value) } : answer;
        expect(value, `${name} of input ${at}`).toEqual({
          value: unordered(wanted[name]?.[String(at)]),
        });
        compared += 1;
      }
    }
    expect(compared).toBe(entrypoints.length * inputs.length);
  });

  test("a builtin that answers later is refused by its name", async () => {
    writeFileSync(
      join(folder, "later.rego"),
      'package later\n\nverdict := http.send({"method": "get", "url": "http://localhost"}).status_code == 200\n',
    );
    run([
      "build",
      "-t",
      "wasm",
      "-e",
      "later/verdict",
      "later.rego",
      "-o",
      "later.tar.gz",
    ]);
    const archive = await readArchive(
      readFileSync(join(folder, "later.tar.gz")),
    );
    const module = archive.find(({ name }) => name === "policy.wasm");
    const loading = (builtins: typeof hostBuiltins) =>
      loadForeignGuard(module?.bytes ?? new Uint8Array(), {
        abi: "opa",
        builtins,
        memoryPages: 256,
        tableElements: 10_000,
        depth: 1_000,
      });
    await expect(loading(hostBuiltins)).rejects.toThrow(
      "the module calls the builtin `http.send`, which answers later than a guard may wait",
    );
    await expect(loading([])).rejects.toThrow(
      "the module calls the builtin `http.send`, which no guard is given",
    );
  });
});

/** The same with every array sorted: OPA's module writes sets in no order. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => JSON.stringify(unordered(item))).sort();
  }
  return value !== null && typeof value === "object"
    ? Object.fromEntries(
        Object.entries(value).map(([key, member]) => [key, unordered(member)]),
      )
    : value;
}

/** What OPA says of every entrypoint and input: entrypoint → position → value, undefined ones left out. */
function wantedByOpa(
  run: (args: readonly string[]) => string,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const rules = entrypoints.map(
    (name) =>
      `"${name}": {format_int(i, 10): v | some i, given in data.inputs; v := data.guards.ext.${name} with input as given with data.inputs as []}`,
  );
  const query = `{${rules.join(", ")}}`;
  const { result } = JSON.parse(
    run([
      "eval",
      "-d",
      "policy.rego",
      "-d",
      "data.json",
      "--format",
      "json",
      query,
    ]),
  );
  return result[0].expressions[0].value;
}
