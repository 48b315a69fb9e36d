import { type Agent, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { proxyFor } from "./proxy-env.ts";

/** How the connections of one client are made: through a proxy where the environment has one. */
export type HttpAgents = {
  /** Takes a connection that was kept, if there is one. */
  kept(url: URL): Agent;
  /** Takes a connection of its own. */
  fresh(url: URL): Agent;
};

/** Connections that nothing waits for keep no process from ending. */
export function createHttpAgents(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): HttpAgents {
  const agents = new Map<string, Agent>();
  const agentFor = (url: URL, keepAlive: boolean): Agent => {
    const proxy = proxyFor(url, environment);
    const key = `${keepAlive} ${url.protocol} ${proxy?.href}`;
    const agent = agents.get(key) ?? createAgent(url, proxy, { keepAlive });
    agents.set(key, agent);
    return agent;
  };
  return {
    kept: (url) => agentFor(url, true),
    fresh: (url) => agentFor(url, false),
  };
}

function createAgent(
  { protocol }: URL,
  proxy: URL | undefined,
  options: { readonly keepAlive: boolean },
): Agent {
  if (protocol === "https:") {
    return proxy
      ? new HttpsProxyAgent(proxy, options)
      : new HttpsAgent(options);
  }
  return proxy ? new HttpProxyAgent(proxy, options) : new HttpAgent(options);
}
