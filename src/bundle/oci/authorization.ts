import { fault } from "../fault.ts";
import { authorizationOf, type Credentials } from "../source/credentials.ts";
import {
  type HttpCall,
  type HttpClient,
  statusFault,
} from "../source/http-client.ts";

/** What we show a registry, or whoever gives out its tokens. */
export type RegistryCredentials =
  | Credentials
  /** An identity token, to be exchanged by OAuth 2. */
  | { readonly kind: "refresh"; readonly token: string };

type TokenRequest = {
  /** The registry's `WWW-Authenticate`. */
  readonly challenge: string;
  /** As `repository:guards:pull`. */
  readonly scope: string;
  readonly credentials: RegistryCredentials | undefined;
  readonly client: HttpClient;
  readonly signal: AbortSignal;
};

const maxTokenBytes = 1 << 20;

/** The `Authorization` that answers a registry's challenge; undefined where we have none. */
export async function answerChallenge(
  request: TokenRequest,
): Promise<string | undefined> {
  const { challenge, credentials } = request;
  if (credentials?.kind === "bearer") {
    return authorizationOf(credentials);
  }
  if (/^bearer\s/i.test(challenge)) {
    return `Bearer ${await fetchToken(request)}`;
  }
  return credentials?.kind === "basic"
    ? authorizationOf(credentials)
    : undefined;
}

/** The parameters of a challenge: `realm="…",service="…"`. */
function readParameters(challenge: string): ReadonlyMap<string, string> {
  return new Map(
    [...challenge.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(
      ([, name = "", value = ""]) => [name.toLowerCase(), value],
    ),
  );
}

async function fetchToken(request: TokenRequest): Promise<string> {
  const parameters = readParameters(request.challenge);
  const realm = parameters.get("realm") ?? "";
  if (!URL.canParse(realm)) {
    throw fault("the registry names no address that gives out tokens");
  }
  const asked = new URLSearchParams({
    service: parameters.get("service") ?? "",
    scope: request.scope,
  });
  const call = tokenCall(new URL(realm), asked, request.credentials);
  const { client, signal } = request;
  const { status, body } = await client({
    ...call,
    signal,
    maxBytes: maxTokenBytes,
  });
  if (status !== 200) {
    throw statusFault(call, status);
  }
  return readToken(body.toString("utf8"));
}

type TokenCall = Pick<HttpCall, "method" | "url" | "headers" | "body">;

function tokenCall(
  url: URL,
  asked: URLSearchParams,
  credentials: RegistryCredentials | undefined,
): TokenCall {
  if (credentials?.kind === "refresh") {
    asked.set("grant_type", "refresh_token");
    asked.set("client_id", "portcullis");
    asked.set("refresh_token", credentials.token);
    return {
      method: "POST",
      url,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: Buffer.from(asked.toString()),
    };
  }
  for (const [name, value] of asked) {
    url.searchParams.set(name, value);
  }
  return {
    method: "GET",
    url,
    headers:
      credentials?.kind === "basic"
        ? { Authorization: authorizationOf(credentials) }
        : {},
  };
}

function readToken(text: string): string {
  let found: { readonly token?: unknown; readonly access_token?: unknown };
  try {
    found = JSON.parse(text) as typeof found;
  } catch {
    // The parser's own words may quote what is secret.
    throw fault("the registry's token is no JSON");
  }
  const token = found?.token ?? found?.access_token;
  if (typeof token !== "string" || token === "") {
    throw fault("the registry gave out no token");
  }
  return token;
}
