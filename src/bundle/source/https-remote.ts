import { fault } from "../fault.ts";
import { type HttpClient, statusFault } from "./http-client.ts";
import type { Delivery, Remote, RemoteCall } from "./remote.ts";

export type HttpsRemoteOptions = {
  readonly url: string;
  readonly client: HttpClient;
  /** What each request says beside. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The value of `Authorization`, asked anew for each request. */
  readonly authorization: () => string | undefined;
  /** How long the server may hold an answer; 0 asks for none of that. */
  readonly longPollMs: number;
};

// Of a server that can hold its answer until the bundle changes.
const waitingType = "application/vnd.openpolicyagent.bundles";

/** A web server with a bundle, asked as OPA asks it: by ETag, and with `Prefer`. */
export function createHttpsRemote(options: HttpsRemoteOptions): Remote {
  const url = readAddress(options.url);
  let canWait = options.longPollMs > 0;
  const ask = async ({ known, waits, signal, ...call }: RemoteCall) => {
    const authorization = options.authorization();
    const waitMs =
      waits && canWait && known !== undefined ? options.longPollMs : 0;
    const wait = waitMs > 0 ? `;wait=${Math.ceil(waitMs / 1000)}` : "";
    const delta = call.takesDelta && known !== undefined ? ",delta" : "";
    return options.client({
      method: "GET",
      url,
      headers: {
        ...options.headers,
        Prefer: `modes=snapshot${delta}${wait}`,
        ...(known !== undefined && { "If-None-Match": known }),
        ...(authorization !== undefined && { Authorization: authorization }),
      },
      waitMs,
      signal,
    });
  };
  const from = `${url.origin}${url.pathname}`;
  return {
    address: url.href,
    get canWait() {
      return canWait;
    },
    fetch: async (call): Promise<Delivery | "unchanged"> => {
      const { status, headers, body } = await ask(call);
      if (status === 304 && call.known !== undefined) {
        return "unchanged";
      }
      if (status !== 200) {
        throw statusFault({ method: "GET", url }, status);
      }
      canWait =
        options.longPollMs > 0 && headers["content-type"] === waitingType;
      return { archive: body, validator: headers.etag, from, signatures: [] };
    },
  };
}

function readAddress(text: string): URL {
  if (!URL.canParse(text)) {
    throw fault(`\`${text}\` is no address`);
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw fault(
      `the address at ${url.host} holds a user or password; they go into \`remote.username\` and \`remote.passwordFile\``,
    );
  }
  return url;
}
