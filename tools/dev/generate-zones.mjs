// Writes src/builtins/gen/zones.ts from the IANA time zone database as the Go
// toolchain carries it: node tools/dev/generate-zones.mjs
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
const archive = readFileSync(join(root, "lib/time/zoneinfo.zip"));
const script = readFileSync(join(root, "lib/time/update.bash"), "utf8");
const release = /^DATA=(\S+)$/m.exec(script)?.[1] ?? "unknown";

/** Files of an archive that stores without compression. */
function* readArchive(zip) {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const size = zip.readUInt32LE(at + 24);
    const nameLength = zip.readUInt16LE(at + 28);
    const path = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const start =
      local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    if (!path.endsWith("/")) {
      yield { path, bytes: zip.subarray(start, start + size) };
    }
    at +=
      46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

/** The 64-bit part of a TZif file (RFC 9636) as one line of text. */
function pack(bytes) {
  const counts = (from) =>
    ["isut", "isstd", "leap", "time", "type", "char"].map((_, index) =>
      bytes.readUInt32BE(from + 20 + index * 4),
    );
  // The 32-bit part stands first.
  const [isut1, isstd1, leap1, time1, type1, char1] = counts(0);
  const second =
    44 + time1 * 5 + type1 * 6 + char1 + leap1 * 8 + isstd1 + isut1;
  const [isut, isstd, leap, times, types, chars] = counts(second);
  let at = second + 44;
  const starts = Array.from({ length: times }, (_, index) =>
    Number(bytes.readBigInt64BE(at + index * 8)),
  );
  at += times * 8;
  const kinds = [...bytes.subarray(at, at + times)];
  at += times;
  const names = at + types * 6;
  const offsets = Array.from({ length: types }, (_, index) => {
    const entry = at + index * 6;
    const from = names + bytes.readUInt8(entry + 5);
    const abbreviation = bytes.toString("latin1", from, bytes.indexOf(0, from));
    return `${abbreviation} ${bytes.readInt32BE(entry)} ${bytes.readUInt8(entry + 4)}`;
  });
  const footer = bytes
    .toString("latin1", names + chars + leap * 12 + isstd + isut)
    .trim();
  let before = 0;
  const deltas = starts.map((start, index) => {
    const delta = (start - before).toString(36);
    before = start;
    return `${delta}.${kinds[index].toString(36)}`;
  });
  return [offsets.join(","), deltas.join(" "), footer].join("|");
}

const lines = new Map();
const places = {};
for (const { path, bytes } of readArchive(archive)) {
  const line = pack(bytes);
  if (!lines.has(line)) {
    lines.set(line, lines.size);
  }
  places[path] = lines.get(line);
}

writeFileSync(
  "src/builtins/gen/zones.ts",
  [
    `// The IANA time zone database ${release}, made by tools/dev/generate-zones.mjs.`,
    "/** The place of a zone's line in `zoneLines`. */",
    `export const zonePlaces: Readonly<Record<string, number>> = ${JSON.stringify(places)};`,
    "/** Offsets (abbreviation, seconds, is summer time) | transitions (seconds since the one before, offset; base 36) | rule for later times. */",
    `export const zoneLines: readonly string[] = ${JSON.stringify([...lines.keys()], null, 0).replaceAll('","', '",\n"')};`,
    "",
  ].join("\n"),
);
