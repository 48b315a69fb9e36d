import { expect, test } from "vitest";
import { compile } from "../compile.ts";
import { RegoObject } from "../value.ts";
import { hasDataIn } from "./check-data-conflicts.ts";

const data = RegoObject.of([
  ["a", RegoObject.of([["b", 1]])],
  ["flat", "text"],
  ["n", RegoObject.of([[1, "one"]])],
]);

// Each as genuine OPA answers it.
test.each([
  ["package a\n\nb := 2", ["3:1: conflicting rule for data path a/b found"]],
  ["package a\n\nc := 2", []],
  [
    "package a.b\n\nc := 2",
    ["3:1: conflicting rule for data path a/b/c found"],
  ],
  [
    "package flat\n\nc := 2",
    ["3:1: conflicting rule for data path flat/c found"],
  ],
  ["package x\n\na contains 1", []],
  ["package n\n\np[1] := 2", []],
  ["package root\n\nb := 1\n\nb := 1", []],
  [
    "package a\n\nb[x] := x if x := 1",
    ["3:1: conflicting rule for data path a/b found"],
  ],
])("%s", (text, wanted) => {
  const outcome = compile({
    modules: { "x.rego": text },
    hasData: hasDataIn(data),
    entrypoints: [],
  });
  const found = "errors" in outcome ? outcome.errors : [];
  expect(
    found.map(
      ({ location, rawMessage }) =>
        `${location?.row}:${location?.col}: ${rawMessage}`,
    ),
  ).toEqual(wanted);
});
