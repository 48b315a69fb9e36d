import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fetchAnswer, mcpHeaders, toolCall } from "../support/http-client.ts";
import type { Stack } from "../support/stack.ts";

/** What one request of the load saw. */
type Seen = { readonly status: number; readonly guard: string };

/** Calls the demonstration tool, four at a time, for a while. */
export async function load(
  stack: Stack,
  milliseconds: number,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  const end = Date.now() + milliseconds;
  const worker = async () => {
    // Bounded in count too, whatever the clock does.
    for (let turn = 0; turn < 5_000 && Date.now() < end; turn += 1) {
      const answer = await fetchAnswer(`${stack.url}/mcp`, {
        method: "POST",
        headers: mcpHeaders,
        body: toolCall("echo", { turn }),
      });
      const guard = answer.headers["x-portcullis-denial-guard"] ?? "";
      seen.push({ status: answer.status, guard: String(guard) });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return seen;
}

/** Takes the demonstration tool out of the policy, one second in. */
export async function edit(stack: Stack): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const file = join(stack.folder, "policies/access/data.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("tools: [echo]", "tools: []"));
}
