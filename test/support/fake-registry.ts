import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type LoopbackServer, startLoopback } from "./loopback-server.ts";

/** What a registry is about to answer; a test may make a lie of it. */
export type RegistryAnswer = {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
};

/** A registry in memory, which can lie. */
export type FakeRegistry = LoopbackServer & {
  /** Content by its digest, and manifests by their tag too. */
  readonly content: Map<string, { type: string; bytes: Buffer }>;
  /** It knows what refers to a manifest, and says so. */
  hasReferrers: boolean;
  /** `user:password` that it wants to see before it gives a token. */
  user: string | undefined;
  /** Changes the answer to a request. */
  lie: (path: string, answer: RegistryAnswer) => void;
};

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Starts one that is empty and honest. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const server = await startLoopback(() => {});
  const registry: FakeRegistry = {
    ...server,
    content: new Map(),
    hasReferrers: false,
    user: undefined,
    lie: () => {},
  };
  registry.handle((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () =>
      answer(registry, { request, response, body: Buffer.concat(chunks) }),
    );
  });
  return registry;
}

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
};

function answer(
  registry: FakeRegistry,
  { request, response, body }: Exchange,
): void {
  const url = new URL(request.url ?? "/", `http://127.0.0.1:${registry.port}`);
  const told = isWelcome(registry, request, url)
    ? route(registry, { method: request.method ?? "GET", url, body, request })
    : challenge(registry);
  registry.lie(url.pathname, told);
  response.writeHead(told.status, {
    ...told.headers,
    "content-length": String(told.body.length),
  });
  response.end(request.method === "HEAD" ? undefined : told.body);
}

function isWelcome(
  { user }: FakeRegistry,
  { headers }: IncomingMessage,
  { pathname }: URL,
): boolean {
  if (user === undefined) {
    return true;
  }
  return pathname === "/token"
    ? headers.authorization === `Basic ${Buffer.from(user).toString("base64")}`
    : headers.authorization === "Bearer issued";
}

function challenge({ port }: FakeRegistry): RegistryAnswer {
  const realm = `http://127.0.0.1:${port}/token`;
  return reply(401, "", {
    "www-authenticate": `Bearer realm="${realm}",service="fake",scope="repository:guards:pull"`,
  });
}

function reply(
  status: number,
  body: Uint8Array | string = "",
  headers: Record<string, string> = {},
): RegistryAnswer {
  return { status, headers, body: Buffer.from(body) };
}

type Call = {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
  readonly request: IncomingMessage;
};

function route(registry: FakeRegistry, call: Call): RegistryAnswer {
  const { method, url } = call;
  if (url.pathname === "/token") {
    return reply(200, JSON.stringify({ token: "issued" }));
  }
  const [kind = "", name = ""] = url.pathname
    .replace("/v2/team/guards/", "")
    .split(/\/(.*)/);
  if (kind === "referrers") {
    return referrers(registry, name);
  }
  if (method === "GET" || method === "HEAD") {
    const found = registry.content.get(name);
    return found
      ? reply(200, found.bytes, {
          "content-type": found.type,
          "docker-content-digest": digestOf(found.bytes),
        })
      : reply(404);
  }
  return method === "POST"
    ? reply(202, "", { location: "/v2/team/guards/blobs/uploads/1?state=x" })
    : store(
        registry,
        kind === "blobs" ? (url.searchParams.get("digest") ?? "") : name,
        call,
      );
}

function store(
  registry: FakeRegistry,
  name: string,
  { body, request }: Call,
): RegistryAnswer {
  const type = request.headers["content-type"] ?? "";
  const digest = digestOf(body);
  registry.content.set(name, { type, bytes: body });
  registry.content.set(digest, { type, bytes: body });
  const hasSubject = type.includes("manifest") && body.includes('"subject"');
  return reply(201, "", {
    "docker-content-digest": digest,
    ...(registry.hasReferrers && hasSubject && { "oci-subject": "yes" }),
  });
}

function referrers(
  { hasReferrers, content }: FakeRegistry,
  digest: string,
): RegistryAnswer {
  if (!hasReferrers) {
    return reply(404);
  }
  const manifests = [...content]
    .filter(([name, { bytes }]) => name === digestOf(bytes))
    .flatMap(([name, { type, bytes }]) => {
      if (!type.includes("manifest.v1")) {
        return [];
      }
      const { subject, artifactType } = JSON.parse(String(bytes));
      const descriptor = { mediaType: type, digest: name, size: bytes.length };
      return subject?.digest === digest
        ? [{ ...descriptor, artifactType }]
        : [];
    });
  return reply(200, JSON.stringify({ schemaVersion: 2, manifests }), {
    "content-type": "application/vnd.oci.image.index.v1+json",
  });
}
