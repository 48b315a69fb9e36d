import { describe, expect, test } from "vitest";
import { JsonSplitter } from "./json-splitter.ts";

type Found = { readonly documents: string[]; readonly faults: string[] };

function split(text: string, chunkBytes: number, maxBytes = 1_000): Found {
  const found: Found = { documents: [], faults: [] };
  const splitter = new JsonSplitter({
    maxBytes,
    onDocument: ({ bytes, line }) =>
      found.documents.push(
        `${line} ${JSON.stringify(JSON.parse(bytes.toString()))}`,
      ),
    onFault: ({ line, problem }) => found.faults.push(`${line} ${problem}`),
  });
  const whole = Buffer.from(text);
  for (let at = 0; at < whole.length; at += chunkBytes) {
    splitter.push(whole.subarray(at, at + chunkBytes));
  }
  splitter.end();
  return found;
}

const cases = [
  {
    note: "a document a line",
    text: '{"a":1}\n{"a":"}{"}\r\n\n{"b":[{}]}\n',
    documents: ['1 {"a":1}', '2 {"a":"}{"}', '4 {"b":[{}]}'],
  },
  {
    note: "an array on one line",
    text: '[{"a":1},{"a":{"b":"\\""}}]',
    documents: ['1 {"a":1}', '1 {"a":{"b":"\\""}}'],
  },
  {
    note: "an array with a document a line",
    text: '[\n{"a":1},\n{"a":2}\n]\n',
    documents: ['2 {"a":1}', '3 {"a":2}'],
  },
  {
    note: "documents over several lines, the first of which looks whole",
    text: '{"x": {}\n, "y": 1}\n{\n  "a": {\n    "b": 2\n  }\n}\n',
    documents: ['1 {"x":{},"y":1}', '3 {"a":{"b":2}}'],
  },
  {
    note: "words before a document",
    text: '2026-01-01T00:00:00Z stdout F {"a":1}\n',
    documents: ['1 {"a":1}'],
  },
  {
    note: "a line of words",
    text: 'time="now" level=info\n{"a":1}\nthe end',
    documents: ['2 {"a":1}'],
    faults: ["1 this is no JSON", "3 this is no JSON"],
  },
  {
    note: "a document that is cut off in a text",
    text: '{"a":"hal\n{"a":2}\n',
    documents: ['2 {"a":2}'],
    faults: ["1 the document is cut off"],
  },
  {
    note: "a document that is cut off between members",
    text: '{"a":1,\n{"a":2}\n',
    documents: ['2 {"a":2}'],
    faults: ["1 the document is cut off"],
  },
  {
    note: "the last document is cut off",
    text: '{"a":1}\n{"a":{"b":',
    documents: ['1 {"a":1}'],
    faults: ["2 the document is cut off"],
  },
  {
    note: "braces without members",
    text: '{a}\n{"a" 1}\n{}\n',
    documents: ["3 {}"],
    faults: ["1 this is no JSON", "2 this is no JSON"],
  },
  {
    note: "a document that is too large",
    text: `[{"a":"${"x".repeat(1_000)}"},{"a":1}]`,
    documents: ['1 {"a":1}'],
    faults: ["1 the document is larger than 1000 bytes"],
  },
  { note: "nothing", text: "", documents: [] },
];

describe("JsonSplitter", () => {
  for (const chunkBytes of [1, 3, 7, 4_096]) {
    test.each(cases)(
      `$note, in pieces of ${chunkBytes}`,
      ({ documents, faults = [], text }) => {
        expect(split(text, chunkBytes)).toEqual({ documents, faults });
      },
    );
  }
});
