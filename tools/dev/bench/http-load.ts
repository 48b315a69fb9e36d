import { Agent, request } from "node:http";
import { sampleBody, sampleHeaders } from "./sample-request.ts";

const headers = Object.fromEntries(
  Object.entries(sampleHeaders).filter(([name]) => !name.startsWith(":")),
);

/** The HTTP-mode twin of grpcLoad. */
export async function httpLoad(
  port: number,
  count: number,
  parallel: number,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  let sent = 0;
  const worker = async () => {
    while (sent < count) {
      sent += 1;
      await send(port, agent);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  agent.destroy();
}

function send(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, host: "127.0.0.1", method: "POST", path: "/mcp", headers, agent },
      (answer) => {
        answer.resume();
        answer.on("end", () =>
          answer.statusCode === 200
            ? resolve()
            : reject(new Error(`the sample request got ${answer.statusCode}`)),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(sampleBody);
  });
}
