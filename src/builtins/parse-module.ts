import {
  BuiltinError,
  type HostBuiltin,
  type PolicyError,
  parseJson,
  parseModule,
  textOperand,
} from "../engine/builtins/index.ts";

/** `rego.parse_module(file, text)`: the module's syntax tree as OPA's JSON has it. */
export const parseModuleBuiltin: HostBuiltin = {
  name: "rego.parse_module",
  takesAny: true,
  run: ([file, source]) => {
    // OPA names operand 1 for both.
    const name = textOperand(file, 1);
    const text = textOperand(source, 1);
    const parsed = parseModule(text, {
      file: name,
      annotations: false,
    });
    if ("errors" in parsed) {
      throw new BuiltinError(faultText(parsed.errors, text));
    }
    return parseJson(parsed.ast);
  },
};

const emptyModule = "empty module";

function faultText(errors: readonly PolicyError[], text: string): string {
  const texts = errors.map(({ location, code, rawMessage }) => {
    const { file = "", row = 0, col = 1 } = location ?? {};
    const line = text.split("\n")[row - 1] ?? "";
    const frame = rawMessage.startsWith("unexpected ")
      ? `\n\t${line}\n\t${" ".repeat(Math.max(col - 1, 0))}^`
      : "";
    const at = rawMessage === emptyModule ? 0 : row;
    return `${file}:${at}: ${code}: ${rawMessage}${frame}`;
  });
  if (errors[0]?.rawMessage === emptyModule) {
    return texts.join("");
  }
  return errors.length === 1
    ? `1 error occurred: ${texts[0]}`
    : `${errors.length} errors occurred:\n${texts.join("\n")}`;
}
