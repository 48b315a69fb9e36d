import type { YAMLException } from "js-yaml";

/** What js-yaml finds wrong, and what Go's yaml calls it. */
const texts: readonly (readonly [RegExp, string])[] = [
  [/within a (?:single|double)/, "found unexpected end of stream"],
  [/alias|anchor/, "did not find expected alphabetic or numeric character"],
  [/hexadecimal/, "did not find expected hexdecimal number"],
  [/escape sequence/, "found unknown escape character"],
  [/line break is expected/, "did not find expected comment or line break"],
  [/tab character/, "found character that cannot start any token"],
  [
    /mapping entry|mapping values|nested mappings/,
    "mapping values are not allowed in this context",
  ],
];

/** Go's text of a fault in YAML text. */
export function goFault(
  { reason, mark }: YAMLException,
  source: string,
): string {
  const line = mark?.line ?? 0;
  if (/flow collection/.test(reason)) {
    const close = source.lastIndexOf("{") > source.lastIndexOf("[") ? "}" : "]";
    return `yaml: line ${line + 1}: did not find expected ',' or '${close}'`;
  }
  const place = line > 0 ? `line ${line}: ` : "";
  const known = texts.find(([form]) => form.test(reason))?.[1];
  return `yaml: ${place}${byCharacter(source[mark?.position ?? 0]) ?? known ?? reason}`;
}

/** Some characters are faults of their own wherever they stand. */
function byCharacter(char: string | undefined): string | undefined {
  if (char === undefined) {
    return undefined;
  }
  if ("@`%".includes(char)) {
    return "found character that cannot start any token";
  }
  return "]},".includes(char)
    ? "did not find expected node content"
    : undefined;
}
