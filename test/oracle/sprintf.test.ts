import { expect, test } from "vitest";
import { opaProgram, runBoth } from "../support/both-tools.ts";
import { treeOf } from "../support/command-line.ts";

const flags = ["", "+", "#", " ", "0", "-", "+#", "0-", " 0", "# ", "+ "];
const sizes = ["", "8", ".3", "12.2", "20", ".0", "1", "06.4"];
// Not `w` and `p`: of big integers they print addresses and memory.
const verbs = [..."vdsfFeEgGbxXoOcqUtTz%é"];

const formats = [
  ...flags.flatMap((flag) =>
    sizes.flatMap((size) => verbs.map((verb) => `%${flag}${size}${verb}`)),
  ),
  ...["%*d", "%-*d|", "%.*f", "%[1]d %[1]x", "%[3]d", "%[", "%[x]d", "%[1"],
  ...["%[1]2d", "%[1].2f", "%!", "%", "%5", "%1000001d", "%[2]*[1]d"],
  ...["%.[2]*f", "%d %d", "%% %v", "%.f", "%.", "%5.d|"],
];

const values = [
  ...["12345.678", "0.000123456789", "99999.99999", "0.1", "2.5", "0.5"],
  ...["123456789012345678", "1e21", "1.5e-10", "9.9999999", "15", "-25", "0"],
  ...["0.0", "-0.0", "-3.75", "12345678901234567890123", "1e3", "1.0"],
  ...["-12345678901234567890123", "100.5", "1234567.891", "1e300"],
  ...["4.9e-324", "1.7976931348623157e308", "123456789.125", "65", "128512"],
  ...["55296", '"hi"', '"h\\u00e9\\n\\"q\'`"', '""', '[1, "a"]', '{"k": 1.5}'],
  ...["true", "null", '"\\u0001\\t"'],
];

const folder = treeOf({
  "data.json": `{"values": [${values.join()}], "formats": ${JSON.stringify(formats)}}`,
  "formatted.rego": `package formatted

r[format] := [sprintf(format, [value, 7]) | some value in data.values] if {
	some format in data.formats
}
`,
});

test.skipIf(opaProgram === undefined)(
  `${formats.length} formats of ${values.length} values are OPA's`,
  { timeout: 120_000 },
  () => {
    const { opa, own } = runBoth(folder, [
      ...["eval", "-d", ".", "-f", "raw", "data.formatted.r"],
    ]);
    const theirs = JSON.parse(opa.stdout) as Record<string, string[]>;
    const ours = JSON.parse(own.stdout) as Record<string, string[]>;
    const differences = formats.flatMap((format) =>
      values.flatMap((value, at) =>
        theirs[format]?.[at] === ours[format]?.[at]
          ? []
          : [
              {
                format,
                value,
                opa: theirs[format]?.[at],
                own: ours[format]?.[at],
              },
            ],
      ),
    );
    expect(differences).toEqual([]);
  },
);
