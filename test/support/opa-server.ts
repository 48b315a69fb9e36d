import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ExactJson,
  parseExactJson,
  stringifyExactJson,
} from "./exact-json.ts";
import { fetchAnswer } from "./http-client.ts";
import { opaBinary } from "./opa-binary.ts";
import { freePort, startProgram, waitFor } from "./process.ts";

/** Genuine OPA as a server with some modules loaded. */
export type OpaServer = {
  /** The JSON text of `data.<path>`, undefined, or the error's code. */
  evaluate(path: string, input: string): Promise<OpaAnswer>;
  close(): Promise<void>;
};

type OpaAnswer =
  | { readonly kind: "value"; readonly json: string }
  | { readonly kind: "undefined" }
  | { readonly kind: "error"; readonly code: string };

/** Starts it on loopback; the modules must compile. */
export async function startOpaServer(
  modules: Readonly<Record<string, string>>,
): Promise<OpaServer> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-opa-"));
  for (const [name, text] of Object.entries(modules)) {
    writeFileSync(join(folder, name), text);
  }
  const port = await freePort();
  const program = startProgram(opaBinary() ?? "opa", [
    "run",
    "--server",
    "--disable-telemetry",
    "--log-level",
    "error",
    "--addr",
    `127.0.0.1:${port}`,
    folder,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await waitFor("opa", async () => {
    try {
      return (await fetchAnswer(`${url}/health`)).status === 200;
    } catch {
      return false;
    }
  });
  return {
    evaluate: (path, input) => evaluate(`${url}/v1/data/${path}`, input),
    close: async () => {
      await program.stop();
    },
  };
}

async function evaluate(url: string, input: string): Promise<OpaAnswer> {
  const { status, body } = await fetchAnswer(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"input":${input}}`,
  });
  if (status !== 200) {
    const { errors } = JSON.parse(body) as { errors?: { code: string }[] };
    return { kind: "error", code: errors?.[0]?.code ?? `status ${status}` };
  }
  // A warning may stand beside the result.
  const { result } = parseExactJson(body) as { readonly result?: ExactJson };
  return result === undefined
    ? { kind: "undefined" }
    : { kind: "value", json: stringifyExactJson(result) };
}
