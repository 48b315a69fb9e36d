import { readPolicy, type Workload } from "./workload.ts";

/** A tool allow-list: 23 globs over a tool's name and the path it is given. */
export const globs: Workload = {
  name: "globs",
  about: "tool allow-list with 23 globs",
  policy: readPolicy("globs"),
  input: {
    tool: { name: "reports.finance.quarterly.render", version: "2.3.1" },
    arguments: {
      title: "Quarterly report with open questions",
      paths: ["/srv/shared/finance/reports/2026/q3/part-1/report.md"],
      options: { language: "en", depth: 3, sections: ["intro", "body", "end"] },
      notes: "Summarise the report, list open questions and owners. ".repeat(
        32,
      ),
    },
    caller: {
      agent: "planner",
      session: "b1946ac92492d2347c6235b4d2611184",
      scopes: ["files", "reports", "search", "wiki"],
      trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    },
  },
  goals: [
    { slower: "opa", faster: "ours", atLeast: 20 },
    { slower: "opaWasm", faster: "ours", atLeast: 10 },
    { slower: "regorus", faster: "ours", atLeast: 10 },
  ],
};
