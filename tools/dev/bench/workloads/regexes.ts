import { readPolicy, type Workload } from "./workload.ts";

const prose =
  "Please summarise the quarterly report, list open questions with their owners " +
  "and send the result to the finance team before 17:30 on Friday; ticket 48213 has the details. ";

/** 12 patterns over 8 KB in which one of them is found. */
export const dlp: Workload = {
  name: "dlp",
  about: "12 DLP patterns over 8 KB, mostly no match",
  policy: readPolicy("dlp"),
  input: { body: `${prose.repeat(48).slice(0, 8_000)} call +49 30 1234 5678` },
  goals: [
    { slower: "opa", faster: "ours", atLeast: 25 },
    { slower: "regorus", faster: "ours", atLeast: 1.3 },
  ],
};

// As many of each kind, of about the same size.
const pathologicalPatterns = ["(a*)*b", "(a|aa)+c", "(a+a+)+d", "(.*)*e"];
const benignPatterns = ["[b-d]+b", "(b|bc)d", "bc+d+", "[f-z]x*"];

function longBody(name: string, about: string, patterns: string[]): Workload {
  return {
    name,
    about,
    policy: readPolicy("pathological"),
    input: { body: "a".repeat(65_536) },
    data: { patterns },
    goals: [],
  };
}

/** Patterns that hang a backtracking matcher. */
export const pathological: Workload = longBody(
  "pathological",
  "4 pathological patterns over 64 KB",
  pathologicalPatterns,
);

/** What the pathological ones are compared with. */
export const benign: Workload = longBody(
  "pathological-benign",
  "4 benign patterns over 64 KB",
  benignPatterns,
);
