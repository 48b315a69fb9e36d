import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createRevisionStore,
  loadRevision,
  type Revision,
  type SourceFiles,
  sha256Hex,
  signedText,
  toSourceFiles,
} from "../../src/bundle/index.ts";
import { shareSource } from "../../src/bundle/shared-source.ts";
import { compile } from "../../src/engine/index.ts";
import { createMemoryStore } from "../../src/server/budget/memory-store.ts";
import { createModes } from "../../src/server/pipeline/modes.ts";
import { createPipeline } from "../../src/server/pipeline/pipeline.ts";
import type { Outcome } from "../../src/server/pipeline/verdict.ts";
import { rawGuard } from "../support/wat.ts";

type Parts = {
  readonly wasm: Uint8Array;
  /** Lines of guard.yaml's `module`, in place of what a plain guard has. */
  readonly module?: string;
  /** Lines of its step. */
  readonly step?: string;
  readonly version?: string;
  /** A guard in Rego behind it. */
  readonly then?: string;
};

const encode = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value));

/** A revision of the guard `ext`, and one in Rego behind it. */
function load({
  module,
  step = "",
  then = "true",
  version = "1.0.0",
  wasm,
}: Parts) {
  const own =
    module ?? `abi: raw\n  sha256: ${sha256Hex(wasm)}\n  allowUnsigned: true`;
  const files = {
    "guards/pipeline.yaml": `pipeline:\n  - guard: ext\n    limits: { deadlineMs: 60000 }\n${step}  - guard: last\n`,
    "guards/ext/guard.yaml": `name: ext\nversion: ${version}\nmodule:\n  ${own}\n`,
    "guards/last/guard.rego": `package guards.last\n\nverdict := ${then}\n`,
  };
  return loadRevision(
    toSourceFiles(
      new Map(Object.entries(files)),
      new Map([["guards/ext/guard.wasm", wasm]]),
    ),
  );
}

async function check(
  revision: Revision,
  input: unknown = {},
): Promise<Outcome> {
  const revisions = createRevisionStore();
  revisions.swap(revision);
  const pipeline = createPipeline({
    revisions,
    budget: createMemoryStore({ maxKeys: 10, retryWindowMs: 1_000 }),
    modes: createModes({}),
  });
  return pipeline.run({ input: encode(input), decisionId: "d", requestId: "" });
}

/** Denies the request of the empty self-test too little to fail it: only what is longer does `body`. */
const onRequests = (body: string) =>
  `(if (i32.gt_u (local.get $length) (i32.const 2000)) (then ${body}))`;
const request = { pad: "x".repeat(2_000) };

test.each([
  ["as it was read", (source: SourceFiles) => source],
  ["from another thread", shareSource],
])("a guard of OPA's ABI has the bundle's data %s", async (_, given) => {
  const compiled = compile({
    modules: {
      "ext.rego": `package ext

verdict := {"allowed": true} if input.user in data.people.staff

verdict := {"allowed": false} if not input.user in data.people.staff
`,
    },
    entrypoints: ["ext/verdict"],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  const { wasm } = compiled.policy;
  const files = {
    "guards/pipeline.yaml":
      "pipeline:\n  - guard: ext\n    limits: { deadlineMs: 60000 }\n",
    "guards/ext/guard.yaml": `name: ext\nversion: 1.0.0\nentrypoint: ext/verdict\nmodule:\n  abi: opa\n  sha256: ${sha256Hex(wasm)}\n  allowUnsigned: true\n`,
    "policies/people/data.yaml": "staff: [ada]\n",
  };
  const source = toSourceFiles(
    new Map(Object.entries(files)),
    new Map([["guards/ext/guard.wasm", wasm]]),
  );
  const revision = await loadRevision(given(source));
  expect(await check(revision, { user: "ada" })).toMatchObject({
    verdict: "allow",
  });
  expect(await check(revision, { user: "eve" })).toMatchObject({
    verdict: "deny",
    steps: [{ guard: "ext", verdict: "deny" }],
  });
});

describe("verdicts of a foreign guard", () => {
  test("it passes, and the next guard runs", async () => {
    const outcome = await check(await load({ wasm: rawGuard({}) }));
    expect(outcome).toMatchObject({
      verdict: "allow",
      steps: [
        { guard: "ext", verdict: "allow", fuel: expect.any(Number) },
        { guard: "last", verdict: "allow" },
      ],
    });
  });

  test("P7: its denial ends the check, and its effects and evidence are kept", async () => {
    const verdict = JSON.stringify({
      allowed: false,
      reason: "no",
      code: "nope",
      http_status: 402,
      evidence: { seen: 1 },
      headers: { "x-why": "no" },
    });
    const outcome = await check(await load({ wasm: rawGuard({ verdict }) }));
    expect(outcome).toMatchObject({
      verdict: "deny",
      guard: "ext",
      code: "nope",
      reason: "no",
      httpStatus: 402,
      headers: [["x-why", "no"]],
      steps: [
        { guard: "ext", verdict: "deny", evidence: { seen: 1 } },
        { guard: "last", verdict: "not_run" },
      ],
    });
  });

  test("a list of reasons, as in Rego", async () => {
    const wasm = rawGuard({ verdict: '["one",{"reason":"two"}]' });
    expect(await check(await load({ wasm }))).toMatchObject({
      verdict: "deny",
      reason: "one; two",
    });
  });

  test("P17: in monitor mode a denial is noted, not enforced", async () => {
    const wasm = rawGuard({ verdict: "false" });
    const revision = await load({ wasm, step: "    mode: monitor\n" });
    expect(await check(revision)).toMatchObject({
      verdict: "deny",
      enforced: false,
      steps: [{ guard: "ext", mode: "monitor" }, { verdict: "allow" }],
    });
  });

  test("what it wrote is in the record", async () => {
    const wasm = rawGuard({
      fields: `(import "portcullis" "log" (func $log (param i32 i32 i32)))
        (data (i32.const 64) "hello")`,
      body: "(call $log (i32.const 2) (i32.const 64) (i32.const 5))",
    });
    const module = `abi: raw\n  sha256: ${sha256Hex(wasm)}\n  imports: [log]\n  allowUnsigned: true`;
    const { steps } = await check(await load({ wasm, module }));
    expect(steps[0]?.log).toEqual([{ level: 2, text: "hello" }]);
  });
});

describe("P1, P2, P9: what fails denies, and the next request is fine", () => {
  test.each([
    ["P1: an infinite loop", "(loop $l br $l)", "eval_limit_error"],
    [
      "P2: memory",
      "(loop $l (drop (memory.grow (i32.const 9))) br $l)",
      "eval_limit_error",
    ],
    ["P2: a trap", "unreachable", "guard_module_error"],
    ["P2: evaluate returns 7", "(return (i64.const 7))", "guard_verdict_error"],
    ["P9: null", "(return (i64.const 0x2000000004))", "guard_verdict_error"],
    [
      "P9: a number",
      "(return (i64.const 0x3000000001))",
      "guard_verdict_error",
    ],
  ])("%s", async (_note, body, code) => {
    const wasm = rawGuard({
      fields: '(data (i32.const 32) "null") (data (i32.const 48) "7")',
      body: onRequests(body),
    });
    const revision = await load({ wasm });
    expect(await check(revision, request)).toMatchObject({
      verdict: "error",
      enforced: true,
      guard: "ext",
      code,
      reason: "the guard failed",
      steps: [{ verdict: "error", code }, { verdict: "not_run" }],
    });
    expect(await check(revision)).toMatchObject({ verdict: "allow" });
  });

  test("onError decides, as for a guard in Rego", async () => {
    const wasm = rawGuard({ body: onRequests("unreachable") });
    const revision = await load({ wasm, step: "    onError: skip\n" });
    expect(await check(revision, request)).toMatchObject({
      verdict: "allow",
      steps: [
        { guard: "ext", verdict: "error", code: "guard_module_error" },
        { guard: "last", verdict: "allow" },
      ],
    });
  });

  test("a guard that fails on an empty request is refused at load", async () => {
    await expect(
      load({ wasm: rawGuard({ body: "unreachable" }) }),
    ).rejects.toThrow(
      "guard `ext` fails on an empty request: the module trapped: unreachable",
    );
  });

  test("the manifest's limits hold within those of the step", async () => {
    const wasm = rawGuard({ body: onRequests("(loop $l br $l)") });
    const module = `abi: raw\n  sha256: ${sha256Hex(wasm)}\n  allowUnsigned: true\n  limits: { fuel: 1000 }`;
    const { steps } = await check(await load({ wasm, module }), request);
    expect(steps[0]).toMatchObject({ code: "eval_limit_error", fuel: 1_000 });
  });
});

describe("P5: digest and signature", () => {
  const wasm = rawGuard({});
  const sha256 = sha256Hex(wasm);
  let ours: { readonly key: KeyObject; readonly signer: string };
  let other: typeof ours;

  beforeAll(() => {
    ours = makeKey();
    other = makeKey();
  });

  function makeKey() {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const { x = "" } = publicKey.export({ format: "jwk" });
    const signer = Buffer.from(x, "base64url").toString("base64");
    return { key: privateKey, signer };
  }

  function signature(by: typeof ours, about: typeof ours, version = "1.0.0") {
    const module = {
      sha256,
      signer: about.signer,
      signature: undefined,
      allowUnsigned: false,
    };
    const text = signedText({ name: "ext", version, module }, about.signer);
    return sign(null, text, by.key).toString("base64");
  }

  const lines = (...more: readonly string[]) =>
    ["abi: raw", `sha256: ${sha256}`, ...more].join("\n  ");

  test("another digest", async () => {
    const module = `abi: raw\n  sha256: ${"a".repeat(64)}\n  allowUnsigned: true`;
    await expect(load({ wasm, module })).rejects.toThrow(
      `guard_module_error: guard \`ext\`: its guard.wasm has the SHA-256 ${sha256}, not ${"a".repeat(64)}`,
    );
  });

  test("unsigned, and not allowed to be", async () => {
    await expect(load({ wasm, module: lines() })).rejects.toThrow(
      "guard `ext`: it is not signed, and `allowUnsigned` is not set",
    );
  });

  test("signed by its signer", async () => {
    const module = lines(
      `signer: ${ours.signer}`,
      `signature: ${signature(ours, ours)}`,
    );
    expect(await check(await load({ wasm, module }))).toMatchObject({
      verdict: "allow",
    });
  });

  test("signed by another key", async () => {
    const module = lines(
      `signer: ${ours.signer}`,
      `signature: ${signature(other, ours)}`,
    );
    await expect(load({ wasm, module })).rejects.toThrow(
      `guard \`ext\`: its signature is not one of ${ours.signer}`,
    );
  });

  test("a signature of another version", async () => {
    const module = lines(
      `signer: ${ours.signer}`,
      `signature: ${signature(ours, ours)}`,
    );
    await expect(load({ wasm, module, version: "1.0.1" })).rejects.toThrow(
      "its signature is not one of",
    );
  });

  test("a signer without a signature, even where unsigned is allowed", async () => {
    const module = lines(`signer: ${ours.signer}`, "allowUnsigned: true");
    await expect(load({ wasm, module })).rejects.toThrow(
      `it must be signed by ${ours.signer} and is not signed`,
    );
  });

  test("the pinned signer wins over the manifest's own, and over allowUnsigned", async () => {
    const step = `    signer: ${ours.signer}\n`;
    const unsigned = lines("allowUnsigned: true");
    await expect(load({ wasm, module: unsigned, step })).rejects.toThrow(
      "it must be signed by",
    );
    const others = lines(
      `signer: ${other.signer}`,
      `signature: ${signature(other, other)}`,
    );
    await expect(load({ wasm, module: others, step })).rejects.toThrow(
      `its signature is not one of ${ours.signer}`,
    );
    const good = lines(`signature: ${signature(ours, ours)}`);
    expect(await check(await load({ wasm, module: good, step }))).toMatchObject(
      {
        verdict: "allow",
      },
    );
  });
});

describe("what a manifest gets wrong", () => {
  const wasm = rawGuard({});

  test.each([
    ["an unknown ABI", "abi: wasi", "`module.abi` must be raw or opa"],
    ["no digest", "abi: raw", "`sha256` is required"],
    [
      "an unknown import",
      `abi: raw\n  sha256: ${"a".repeat(64)}\n  imports: [fs]`,
      "fs",
    ],
    ["P19: an unknown key", "abi: raw\n  sha: x", "unknown key `sha`"],
  ])("%s", async (_note, module, error) => {
    const loading = load({ wasm, module });
    await expect(loading).rejects.toThrow(error);
    await expect(loading).rejects.toMatchObject({
      code: "guard_manifest_error",
      location: { file: "guards/ext/guard.yaml" },
    });
  });

  test("a module without a manifest's `module`", async () => {
    const source = toSourceFiles(
      new Map([
        ["guards/pipeline.yaml", "pipeline:\n  - guard: ext\n"],
        ["guards/ext/guard.yaml", "name: ext\n"],
      ]),
      new Map([["guards/ext/guard.wasm", wasm]]),
    );
    await expect(loadRevision(source)).rejects.toThrow(
      "guard `ext` has a guard.wasm, and no `module` in its guard.yaml",
    );
  });

  test("a module beside Rego", async () => {
    const source = toSourceFiles(
      new Map([
        ["guards/pipeline.yaml", "pipeline:\n  - guard: ext\n"],
        [
          "guards/ext/guard.yaml",
          `name: ext\nmodule: { abi: raw, sha256: "${sha256Hex(wasm)}", allowUnsigned: true }\n`,
        ],
        ["guards/ext/guard.rego", "package guards.ext\n\nverdict := true\n"],
      ]),
      new Map([["guards/ext/guard.wasm", wasm]]),
    );
    await expect(loadRevision(source)).rejects.toThrow(
      "guard `ext` has Rego beside its `module`: it can be one of them",
    );
  });

  test("a manifest without its module", async () => {
    const source = toSourceFiles(
      new Map([
        ["guards/pipeline.yaml", "pipeline:\n  - guard: ext\n"],
        [
          "guards/ext/guard.yaml",
          `name: ext\nmodule: { abi: raw, sha256: "${"a".repeat(64)}" }\n`,
        ],
      ]),
    );
    await expect(loadRevision(source)).rejects.toThrow(
      "there is neither a Rego file nor guard.wasm in `guards/ext/`",
    );
  });
});
