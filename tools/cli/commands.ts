import type { Listed } from "./command.ts";

/** The sub-commands, in the order of `portcullis help`. */
export const commands: readonly Listed[] = [
  {
    name: "serve",
    summary: "answer Envoy's ext_authz checks over gRPC and HTTP",
    load: async () => (await import("./commands/serve.ts")).serve,
  },
  {
    name: "rollback",
    summary: "have a server go back to an earlier revision",
    load: async () => (await import("./commands/rollback.ts")).rollback,
  },
  {
    name: "run",
    summary: "serve OPA's configuration, REST API and ext_authz plugin",
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "test",
    summary: "run the test_ rules of Rego files",
    load: async () => (await import("./commands/test.ts")).test,
  },
  {
    name: "eval",
    summary: "evaluate a Rego query",
    load: async () => (await import("./commands/eval.ts")).evaluate,
  },
  {
    name: "exec",
    summary: "print one decision about each of many input files",
    load: async () => (await import("./commands/exec.ts")).exec,
  },
  {
    name: "check",
    summary: "check Rego files for errors, without running them",
    load: async () => (await import("./commands/check.ts")).check,
  },
  {
    name: "fmt",
    summary: "format Rego files",
    load: async () => (await import("./commands/fmt.ts")).fmt,
  },
  {
    name: "parse",
    summary: "print a Rego file's syntax tree",
    load: async () => (await import("./commands/parse.ts")).parse,
  },
  {
    name: "capabilities",
    summary: "print the builtins and keywords that policies may use",
    load: async () => (await import("./commands/capabilities.ts")).capabilities,
  },
  {
    name: "build",
    summary:
      "make a bundle of Rego and data: sources, WebAssembly (OPA ABI 1.3) or OPA's plan",
    load: async () => (await import("./commands/build.ts")).build,
  },
  {
    name: "bench",
    summary: "measure how long a query takes",
    load: async () => (await import("./commands/bench.ts")).bench,
  },
  {
    name: "deps",
    summary: "list the documents that a query depends on",
    load: async () => (await import("./commands/deps.ts")).deps,
  },
  {
    name: "inspect",
    summary: "tell what a bundle or a Rego file holds and needs",
    load: async () => (await import("./commands/inspect.ts")).inspect,
  },
  {
    name: "guard",
    summary: "pack, inspect or run a guard that was compiled elsewhere",
    load: async () => (await import("./commands/guard.ts")).guard,
  },
  {
    name: "replay",
    summary:
      "decide logged decisions again by another bundle, and show what changes",
    load: async () => (await import("./commands/replay.ts")).replay,
  },
  {
    name: "migrate",
    summary:
      "tell what a policy and a configuration of OPA need here, and write ours",
    load: async () => (await import("./commands/migrate.ts")).migrate,
  },
  {
    name: "compare",
    summary: "show how a running server's answers differ from its reference's",
    load: async () => (await import("./commands/compare.ts")).compare,
  },
  {
    name: "init",
    summary: "write a new guard with its test",
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "completion",
    summary: "print completions for bash, zsh or fish",
    load: async () =>
      (await import("./commands/completion.ts")).completionOf(commands),
  },
  {
    name: "sign",
    summary: "sign a bundle: write its .signatures.json",
    load: async () => (await import("./commands/sign.ts")).sign,
  },
  {
    name: "verify",
    summary: "check that a bundle is signed, whole and by your key",
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  {
    name: "push",
    summary: "put a bundle into an OCI registry",
    load: async () => (await import("./commands/push.ts")).push,
  },
  {
    name: "pull",
    summary: "fetch a bundle from a registry or a web server, and verify it",
    load: async () => (await import("./commands/pull.ts")).pull,
  },
  {
    name: "version",
    summary: "print the versions of portcullis, of its Rego and of Node",
    load: async () => (await import("./commands/version.ts")).version,
  },
];
