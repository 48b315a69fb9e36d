import type { HostBuiltin, Value } from "../../engine/builtins/index.ts";
import { parseGoJson } from "../go/json.ts";
import { termText } from "../go/term.ts";
import { toData } from "./data.ts";
import { execute } from "./execute.ts";
import { parseTemplate } from "./parser.ts";

/** `strings.render_template(template, data)`: Go's `text/template`. */
export const renderTemplate: HostBuiltin = {
  name: "strings.render_template",
  run: ([source, data]) =>
    execute(
      source as string,
      parseTemplate(source as string),
      // As OPA does: by way of Rego's text, which may be no JSON.
      toData(parseGoJson(termText(data as Value))),
    ).replaceAll("<no value>", "<undefined>"),
};
