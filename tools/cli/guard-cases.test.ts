import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/engine/index.ts";
import { runOwn, treeOf } from "../../test/support/command-line.ts";

const rego = `package guards.gate

verdict contains {"code": "tool_denied", "reason": sprintf("%s may not call %s", [who, tool])} if {
	tool := input.mcp.params.name
	not granted
}

verdict contains {"code": "no_tenant", "reason": "the route has no tenant"} if not tenanted

granted if input.mcp.params.name in data.guards.gate.tools[who]

tenanted if input.attributes.contextExtensions.tenant

who := input.attributes.source.principal
`;

const manifest = "name: gate\ndescription: x\nversion: 0.1.0\nreads: []\n";
const data = {
  tools: { "spiffe://ada": ["read", "list"], "spiffe://bob": [] },
};

const allowed = { verdict: "allow" };
const denied = (who: string, tool: string) => ({
  verdict: "deny",
  code: "tool_denied",
  reason: `${who} may not call ${tool}`,
});

const call = (principal: string, name: string, want: object) => ({
  note: `${principal} calls ${name}`,
  request: {
    ...{ method: "POST", path: "/mcp", principal },
    headers: { "content-type": "application/json" },
    contextExtensions: { tenant: "t" },
    body: JSON.stringify({
      ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
      params: { name, arguments: {} },
    }),
  },
  want,
});

const ada = "spiffe://ada";
const toolGate = [
  call(ada, "read", allowed),
  call(ada, "list", allowed),
  call(ada, "delete", denied(ada, "delete")),
  call(ada, "READ", denied(ada, "READ")),
  call(ada, "re\u0430d", denied(ada, "re\u0430d")),
  call("spiffe://bob", "read", denied("spiffe://bob", "read")),
  call("spiffe://eve", "read", denied("spiffe://eve", "read")),
];

const plain = { method: "GET", path: "/", principal: ada };
const noTenant = { verdict: "deny", code: "no_tenant" };
const enrichedFields = [
  { note: "with", tenant: { tenant: "t" }, want: allowed },
  { note: "without", tenant: {}, want: noTenant },
  { note: "of another name", tenant: { Tenant: "t" }, want: noTenant },
  { note: "empty", tenant: { tenant: "" }, want: allowed },
].map(({ note, tenant, want }) => ({
  note,
  request: { ...plain, contextExtensions: tenant },
  want,
}));

const cases = [...toolGate, ...enrichedFields];

describe("P20: the requests of a file of cases get the same from a module as from its Rego", () => {
  let folder: string;

  beforeAll(() => {
    const built = compile({
      modules: { "gate.rego": rego },
      entrypoints: ["guards/gate/verdict"],
    });
    if ("errors" in built) {
      throw built.errors[0];
    }
    folder = treeOf({
      "wrong.yaml": JSON.stringify({
        cases: [call(ada, "read", denied(ada, "read"))],
      }),
      "data.json": JSON.stringify({ guards: { gate: data } }),
      "guards/gate/data.json": JSON.stringify(data),
      "guards/pipeline.yaml": "pipeline: [{ guard: gate }]\n",
      "guards/gate/guard.rego": rego,
      "guards/gate/guard.yaml": manifest,
      "guards/gate/cases/all.yaml": JSON.stringify({ cases }),
    });
    writeFileSync(join(folder, "guard.wasm"), built.policy.wasm);
  });

  const ask = (...args: string[]) =>
    runOwn(["guard", "run", ...args, "--data", "data.json"], { cwd: folder });

  test("the module", () => {
    const { status, stderr, stdout } = ask(
      ...["guard.wasm", "--cases", "guards/gate/cases/all.yaml"],
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      cases.map(({ note, want }) =>
        expect.objectContaining({ note, ...want, faults: [] }),
      ),
    );
  });

  test("its Rego", () => {
    const { status, stdout } = runOwn(["test", "--bundle", "."], {
      cwd: folder,
    });
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`PASS: ${cases.length}/${cases.length}`),
    });
  });

  test("what is not as wanted is told, and fails", () => {
    const { status, stdout } = ask("guard.wasm", "--cases", "wrong.yaml");
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "allow",
      faults: [
        'verdict: wanted "deny", found "allow"',
        'code: wanted "tool_denied", found null',
        `reason: wanted "${ada} may not call read", found null`,
      ],
    });
  });

  test("an input beside the cases is refused", () => {
    const { status, stderr } = ask(
      ...["guard.wasm", "--cases", "wrong.yaml", "--input", "data.json"],
    );
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        "portcullis guard run: guard_manifest_error: --input says nothing with --cases\n",
    });
  });
});
