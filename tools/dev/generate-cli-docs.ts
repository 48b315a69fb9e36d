// `npm run cli-docs`: writes docs/cli.md from the commands' own tables.
import { writeFileSync } from "node:fs";
import { manual } from "../cli/help.ts";

writeFileSync("docs/cli.md", await manual());
