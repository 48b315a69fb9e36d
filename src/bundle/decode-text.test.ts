import { expect, test } from "vitest";
import { decodeText } from "./decode-text.ts";

test.each([
  {
    note: "text",
    bytes: [0x61, 0xc3, 0xbc, 0xf0, 0x9f, 0x98, 0x80],
    want: "aü😀",
  },
  {
    note: "a byte order mark",
    bytes: [0xef, 0xbb, 0xbf, 0x61],
    want: "\ufeffa",
  },
  { note: "a byte alone", bytes: [0x61, 0xff, 0xc3, 0xbc], want: "a\udcffü" },
  { note: "a cut sequence", bytes: [0x61, 0xf0, 0x9f], want: "a\udcf0\udc9f" },
  {
    note: "a surrogate's bytes",
    bytes: [0xed, 0xa0, 0x80],
    want: "\udced\udca0\udc80",
  },
])("$note", ({ bytes, want }) => {
  expect(decodeText(Uint8Array.from(bytes))).toBe(want);
});
