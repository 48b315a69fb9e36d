import { faultAnswer, type RestAnswer } from "./answer.ts";
import type { ApiContext, Handler } from "./api.ts";
import {
  deleteData,
  getData,
  patchData,
  postData,
  postDataV0,
  postRoot,
  putData,
} from "./data-api.ts";
import {
  getConfig,
  getHealth,
  getHealthPolicy,
  getIndex,
  getMetrics,
  getStatus,
  refuseCompile,
} from "./other-api.ts";
import {
  deletePolicy,
  getPolicy,
  listPolicies,
  putPolicy,
} from "./policy-api.ts";
import { getQuery, postQuery } from "./query-api.ts";
import type { RestRequest } from "./request.ts";

type Route = {
  /** Everything below it, too, where it ends in a slash. */
  readonly path: string;
  readonly methods: Readonly<Record<string, Handler>>;
};

// The first that fits counts.
const routes: readonly Route[] = [
  {
    path: "/v1/data/",
    methods: {
      GET: getData,
      POST: postData,
      PUT: putData,
      PATCH: patchData,
      DELETE: deleteData,
    },
  },
  {
    path: "/v1/data",
    methods: { GET: getData, POST: postData, PUT: putData, PATCH: patchData },
  },
  { path: "/v0/data/", methods: { POST: postDataV0 } },
  { path: "/v0/data", methods: { POST: postDataV0 } },
  {
    path: "/v1/policies/",
    methods: { GET: getPolicy, PUT: putPolicy, DELETE: deletePolicy },
  },
  { path: "/v1/policies", methods: { GET: listPolicies } },
  { path: "/v1/query", methods: { GET: getQuery, POST: postQuery } },
  {
    path: "/v1/compile/",
    methods: { GET: refuseCompile, POST: refuseCompile },
  },
  { path: "/v1/compile", methods: { POST: refuseCompile } },
  { path: "/v1/config", methods: { GET: getConfig } },
  { path: "/v1/status", methods: { GET: getStatus } },
  { path: "/health/", methods: { GET: getHealthPolicy } },
  { path: "/health", methods: { GET: getHealth } },
  { path: "/metrics", methods: { GET: getMetrics } },
];

const root: Route = { path: "/", methods: { GET: getIndex, POST: postRoot } };

/** Answers a request by its path and method; never rejects. */
export async function route(
  request: RestRequest,
  context: ApiContext,
): Promise<RestAnswer> {
  const started = performance.now();
  const elsewhere = redirect(request);
  const found = find(request.path);
  // As in OPA, a path with two spellings reaches no route that could count it.
  if (found === undefined || elsewhere?.status === 307) {
    return elsewhere ?? notFound;
  }
  const method = request.method === "HEAD" ? "GET" : request.method;
  const handler = found.methods[method];
  const answer =
    elsewhere ??
    (handler
      ? await handle(handler, request, found, context)
      : { status: 405, headers: {}, body: "" });
  if (found.path !== "/metrics") {
    context.observe({
      handler: handler ? nameOf(found) : "catchall",
      method: request.method,
      status: answer.status,
      started,
    });
  }
  return answer;
}

/** What OPA's metrics call a route. */
function nameOf({ path }: Route): string {
  return path.replace(/^\/|\/$/g, "") || "index";
}

async function handle(
  handler: Handler,
  request: RestRequest,
  found: Route,
  context: ApiContext,
): Promise<RestAnswer> {
  try {
    const rest = request.path.slice(found.path.length);
    return await handler(request, rest, context);
  } catch (error) {
    return faultAnswer(error, context.onError);
  }
}

function find(path: string): Route | undefined {
  if (path === "/" || path === "") {
    return root;
  }
  return routes.find((one) =>
    one.path.endsWith("/") ? path.startsWith(one.path) : path === one.path,
  );
}

/**
 * Where a path stands in its plain form, as Go's router says it: two ways to
 * write one path would be two paths for a policy that decides by them.
 */
function redirect({
  method,
  path,
  query,
}: RestRequest): RestAnswer | undefined {
  const plain = plainPath(path);
  if (plain !== path) {
    const text = query.toString();
    const location = text === "" ? plain : `${plain}?${text}`;
    return movedTo(location, {
      status: 307,
      text: "Temporary Redirect",
      method,
    });
  }
  return path.length > 1 && path.endsWith("/")
    ? movedTo(path.slice(0, -1), {
        status: 301,
        text: "Moved Permanently",
        method,
      })
    : undefined;
}

/** Without empty segments, `.` and `..`; a slash at the end stays. */
function plainPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") {
      kept.pop();
    } else if (segment !== "" && segment !== ".") {
      kept.push(segment);
    }
  }
  const end = kept.length > 0 && path.endsWith("/") ? "/" : "";
  return `/${kept.join("/")}${end}`;
}

function movedTo(
  location: string,
  {
    method,
    status,
    text,
  }: {
    readonly method: string;
    readonly status: number;
    readonly text: string;
  },
): RestAnswer {
  return method === "GET" || method === "HEAD"
    ? {
        status,
        headers: {
          "Content-Type": "text/html; charset=utf-8",
          Location: location,
        },
        body: `<a href="${location.replace(/["&<>]/g, (one) => `&#${one.charCodeAt(0)};`)}">${text}</a>.\n\n`,
      }
    : { status, headers: { Location: location }, body: "" };
}

const notFound: RestAnswer = {
  status: 404,
  headers: {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  },
  body: "404 page not found\n",
};
