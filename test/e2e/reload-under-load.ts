import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fetchAnswer, mcpHeaders, toolCall } from "../support/http-client.ts";
import type { Stack } from "../support/stack.ts";

/** What one request of the load saw. */
type Seen = { readonly status: number; readonly guard: string };

/**
 * Calls the demonstration tool, four at a time, until it has been denied for a
 * second: until the edit is in force, however busy the machine is.
 */
export async function load(stack: Stack): Promise<Seen[]> {
  const seen: Seen[] = [];
  let end = Date.now() + 60_000;
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
      if (answer.status !== 200) {
        end = Math.min(end, Date.now() + 1_000);
      }
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
