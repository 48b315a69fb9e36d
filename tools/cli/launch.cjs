#!/usr/bin/env node
"use strict";
// The program `portcullis`, which the build puts beside `commands.cjs`: all
// commands in one file, with the code that V8 made of it when it was built.
// Without that code, of which another V8 takes none, a start is only slower.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

// What a function may run before it is compiled again, to optimised code. V8's
// own is a ninth of this: most functions of a process that ends in seconds are
// done before the faster code has paid for its making.
const interruptBudget = 600_000;

// What these run, they run often.
const lasting = new Set(["bench", "replay", "run", "serve"]);

// Large, and needed by few commands: loaded when something of them is asked for.
const late = new Set([
  "node:crypto",
  "node:dns",
  "node:http",
  "node:https",
  "node:net",
  "node:tls",
  "node:worker_threads",
  "node:zlib",
]);

/** @param {string} id */
function requireLate(id) {
  if (!late.has(id)) {
    return require(id);
  }
  return new Proxy(
    {},
    {
      get: (_, name) => require(id)[name],
      has: (_, name) => name in require(id),
      ownKeys: () => Reflect.ownKeys(require(id)),
      getOwnPropertyDescriptor: (_, name) => ({
        ...Reflect.getOwnPropertyDescriptor(require(id), name),
        configurable: true,
      }),
    },
  );
}

/** V8's code of the commands, or nothing where the build could not write it. */
function readCode() {
  try {
    return readFileSync(join(__dirname, "commands.code"));
  } catch {
    return undefined;
  }
}

/** All commands: the script they are, and what it exports. */
function loadCommands() {
  const filename = join(__dirname, "commands.cjs");
  const script = new Script(readFileSync(filename, "latin1"), {
    filename,
    cachedData: readCode(),
  });
  const commands = { exports: {} };
  const importOutside = (/** @type {string} */ url) => import(url);
  const { exports } = commands;
  const define = script.runInThisContext();
  define(exports, requireLate, commands, filename, importOutside);
  return { script, main: commands.exports.main };
}

if (require.main === module) {
  const { main } = loadCommands();
  const argv = process.argv.slice(2);
  if (!lasting.has(argv[0])) {
    setFlagsFromString(`--interrupt-budget=${interruptBudget}`);
  }
  main(argv).then((code) => {
    process.exitCode = code;
  });
} else {
  module.exports = { loadCommands };
}
