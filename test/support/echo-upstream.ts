import { once } from "node:events";
import { createServer } from "node:http";

/** An upstream that answers with what reached it. */
export type EchoUpstream = {
  readonly port: number;
  /** How many requests have come. */
  count(): number;
  close(): Promise<void>;
};

/** What the echo upstream says of a request. */
export type Echo = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Starts it on a free loopback port. */
export async function startEchoUpstream(): Promise<EchoUpstream> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          method: request.method,
          path: request.url,
          headers: request.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    count: () => requests,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
