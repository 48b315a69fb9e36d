import { readPolicy, type Workload } from "./workload.ts";

const relations = ["owner", "editor", "viewer", "commenter"];

type Tuple = {
  readonly subject: string;
  readonly relation: string;
  readonly object: string;
};

const tuples: readonly Tuple[] = Array.from({ length: 10_000 }, (_, index) => ({
  subject: `user:${index % 1_000}`,
  relation: relations[index % relations.length] ?? "",
  object: `document:${index % 777}`,
}));

// One of the tuples in the middle.
const input = {
  subject: "user:500",
  relation: "owner",
  object: `document:${5_500 % 777}`,
  context: { network: "vpn", trace: "4bf92f3577b34da6a3ce929d0e0e4736" },
};

/** Relations of a subject to an object, by looking at 10,000 tuples. */
export const scan: Workload = {
  name: "scan",
  about: "scan of 10,000 tuples",
  policy: readPolicy("scan"),
  input,
  data: { tuples },
  goals: [{ slower: "opa", faster: "ours", atLeast: 40 }],
};

/** The same tuples by subject: ten to look at. */
export const keyed: Workload = {
  name: "keyed",
  about: "10,000 tuples keyed by subject",
  policy: readPolicy("keyed"),
  input,
  data: { by_subject: groupBySubject() },
  goals: [{ slower: "opa", faster: "ours", atLeast: 25 }],
};

function groupBySubject(): Record<string, Tuple[]> {
  const groups: Record<string, Tuple[]> = {};
  for (const tuple of tuples) {
    groups[tuple.subject] ??= [];
    groups[tuple.subject]?.push(tuple);
  }
  return groups;
}
