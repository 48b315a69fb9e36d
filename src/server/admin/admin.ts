import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { type GuardMode, guardModes } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import { isLocal, parseListenAddress } from "../listen-address.ts";
import type { Metrics } from "./metrics.ts";

/** What the admin listener shows and changes. */
export type AdminSubject = {
  readonly metrics: Metrics;
  /** Serving, and since when; the last reload that failed, if it was the last. */
  readonly status: () => AdminStatus;
  /** The guards of the pipeline with the modes in force. */
  readonly modes: () => Readonly<Record<string, GuardMode>>;
  readonly setMode: (guard: string, mode: GuardMode | undefined) => void;
};

/** The answer of /readyz. */
export type AdminStatus = {
  readonly ready: boolean;
  readonly revision?: string | undefined;
  readonly last_failure?: string | undefined;
};

/** A running admin listener. */
export type AdminListener = {
  readonly address: string;
  close(): Promise<void>;
};

type AdminOptions = {
  readonly listen: string;
  readonly allowPlaintext: boolean;
};

type Answer = {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
};

/** Starts /healthz, /readyz, /metrics and /modes; undefined when it is `off`. */
export async function startAdmin(
  { listen, allowPlaintext }: AdminOptions,
  subject: AdminSubject,
): Promise<AdminListener | undefined> {
  const address = parseListenAddress(listen);
  if (address.kind === "off") {
    return undefined;
  }
  if (!isLocal(address) && !allowPlaintext) {
    throw new PolicyError(
      "server_config_error",
      `\`admin.listen: ${listen}\` leaves the loopback interface without TLS; write \`allowPlaintext: true\` if that is meant`,
    );
  }
  const server = createServer((request, response) => {
    answer(request, subject)
      .catch((error: unknown) =>
        json(500, { error: PolicyError.from(error).code }),
      )
      .then((made) => send(response, made))
      .catch(() => response.destroy());
  });
  server.listen(
    address.kind === "unix"
      ? { path: address.path }
      : { host: address.host, port: address.port },
  );
  await listening(server);
  return {
    address: addressOf(server),
    close: () => closeServer(server),
  };
}

async function answer(
  request: IncomingMessage,
  subject: AdminSubject,
): Promise<Answer> {
  const [path = "/"] = (request.url ?? "/").split("?");
  const mode = /^\/modes\/([a-z][a-z0-9_]*)$/.exec(path);
  if (mode?.[1] !== undefined) {
    return changeMode(request, subject, mode[1]);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return json(405, { error: "only GET is answered here" });
  }
  switch (path) {
    case "/healthz":
      return json(200, { status: "ok" });
    case "/readyz": {
      const status = subject.status();
      return json(status.ready ? 200 : 503, status);
    }
    case "/metrics": {
      const { type, text } = await subject.metrics.scrape();
      return { status: 200, type, body: text };
    }
    case "/modes":
      return json(200, subject.modes());
    default:
      return json(404, { error: "there is nothing here" });
  }
}

/** `PUT {"mode": "monitor"}` sets a guard's mode, `DELETE` takes that back. */
async function changeMode(
  request: IncomingMessage,
  subject: AdminSubject,
  guard: string,
): Promise<Answer> {
  if (!Object.hasOwn(subject.modes(), guard)) {
    return json(404, { error: `there is no guard \`${guard}\`` });
  }
  // A page in a browser on this machine must not switch guards off.
  if (request.headers.origin !== undefined) {
    return json(403, { error: "not from a browser" });
  }
  if (request.method === "DELETE") {
    subject.setMode(guard, undefined);
    return json(200, subject.modes());
  }
  if (request.method !== "PUT") {
    return json(405, { error: "only PUT and DELETE are answered here" });
  }
  const mode = readMode(await readBody(request));
  if (!mode) {
    const expected = guardModes.join(", ");
    return json(400, { error: `expected {"mode": …} with one of ${expected}` });
  }
  subject.setMode(guard, mode);
  return json(200, subject.modes());
}

function readMode(body: string): GuardMode | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const mode =
      parsed !== null && typeof parsed === "object" && "mode" in parsed
        ? parsed.mode
        : undefined;
    return guardModes.find((word) => word === mode);
  } catch {
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    // A mode is a word; more is not read on.
    if (body.length > 1_000) {
      return "";
    }
  }
  return body;
}

function json(status: number, value: unknown): Answer {
  return { status, body: `${JSON.stringify(value)}\n` };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    "content-type": type ?? "application/json",
    "cache-control": "no-store",
  });
  response.end(body);
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error) =>
      reject(PolicyError.from(error, "server_config_error")),
    );
  });
}

function addressOf(server: Server): string {
  const address = server.address() as AddressInfo | string;
  if (typeof address === "string") {
    return `unix:${address}`;
  }
  const host =
    address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
