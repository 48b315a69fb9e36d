import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { type GuardMode, guardModes } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import type {
  RevisionChange,
  RolledBack,
  RolledBackDigest,
} from "../activation/history.ts";
import type { Readiness, ShownRevision } from "../activation/readiness.ts";
import type { CompareReport } from "../compare/observations.ts";
import { openServer } from "../listeners/http-server.ts";
import {
  formatTcpAddress,
  type Listener,
  type ListenOptions,
  toOpenAddress,
} from "../listeners/listener.ts";
import type { Metrics } from "./metrics.ts";

/** What the admin listener shows and changes. */
export type AdminSubject = {
  readonly metrics: Metrics;
  /** Serving, and since when; the last reload that failed, if it was the last. */
  readonly status: () => Readiness;
  /** The guards of the pipeline with the modes in force. */
  readonly modes: () => Readonly<Record<string, GuardMode>>;
  readonly setMode: (guard: string, mode: GuardMode | undefined) => void;
  /** What the comparison with a reference has found; undefined where there is none. */
  readonly compared: () => CompareReport | undefined;
  /** The revisions that were kept, the one in force first. */
  readonly revisions: () => readonly ShownRevision[];
  /** Goes back to an earlier revision; throws `server_request_error` when there is none. */
  readonly rollBack: (to: string | undefined) => RolledBack;
  /** What is not taken because it was rolled back. */
  readonly rolledBack: () => readonly RolledBackDigest[];
  /** Takes it again; rejects with `server_request_error` when it cannot. */
  readonly undoRollback: () => Promise<RevisionChange>;
};

type Answer = {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
};

/** Creates the listener of /healthz, /readyz, /metrics, /modes, /revisions, /rollback and /rolled-back. */
export function createAdminListener(
  options: ListenOptions,
  subject: AdminSubject,
): Listener {
  const address = toOpenAddress(options);
  const server = createServer((request, response) => {
    answer(request, subject)
      .catch((error: unknown) =>
        json(500, { error: PolicyError.from(error).code }),
      )
      .then((made) => send(response, made))
      .catch(() => response.destroy());
  });
  return {
    start: async () => {
      if (address.kind === "unix") {
        const { path } = address;
        await openServer(server, { path });
        return `unix:${path}`;
      }
      const { host, port } = address;
      return formatTcpAddress(host, await openServer(server, { host, port }));
    },
    // Scrapes and probes are asked again; none is worth waiting for.
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
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
  if (path === "/rollback") {
    return rollBack(request, subject);
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
    case "/compare": {
      const report = subject.compared();
      return report
        ? json(200, report)
        : json(404, { error: "nothing is compared" });
    }
    case "/rolled-back":
      return json(200, subject.rolledBack());
    case "/revisions":
      return json(200, subject.revisions());
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
    return fromBrowser;
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

/** `POST` goes back to the revision before, `{"to": "digest"}` to another one, `{"undo": true}` takes that back. */
async function rollBack(
  request: IncomingMessage,
  subject: AdminSubject,
): Promise<Answer> {
  if (request.headers.origin !== undefined) {
    return fromBrowser;
  }
  if (request.method !== "POST") {
    return json(405, { error: "only POST is answered here" });
  }
  const body = await readBody(request);
  const to = readMember(body, "to");
  const isUndo = readMember(body, "undo") === true;
  const isDigest = typeof to === "string" && /^[0-9a-f]{6,64}$/.test(to);
  if (body !== "" && !isUndo && !isDigest) {
    const expected = "six or more digits of a revision's digest";
    return json(400, {
      error: `expected nothing, {"undo": true}, or {"to": …} with ${expected}`,
    });
  }
  try {
    const change = isUndo
      ? await subject.undoRollback()
      : subject.rollBack(isDigest ? to : undefined);
    return json(200, change);
  } catch (error) {
    const { code, rawMessage } = PolicyError.from(error);
    if (code !== "server_request_error") {
      throw error;
    }
    return json(409, { error: rawMessage });
  }
}

function readMode(body: string): GuardMode | undefined {
  const mode = readMember(body, "mode");
  return guardModes.find((word) => word === mode);
}

/** A member of a JSON object; undefined when there is none, or no object. */
function readMember(body: string, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed !== null && typeof parsed === "object"
      ? Object.entries(parsed).find(([key]) => key === name)?.[1]
      : undefined;
  } catch {
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    // A mode or a digest is a word; more is not read on.
    if (body.length > 1_000) {
      return "too long";
    }
  }
  return body;
}

const fromBrowser = json(403, { error: "not from a browser" });

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
