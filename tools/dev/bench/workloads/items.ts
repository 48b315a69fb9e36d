import { type Goal, readPolicy, type Workload } from "./workload.ts";

// 100 kB in all.
const input = {
  caller: { name: "planner", role: "reader", teams: ["team-0", "team-1"] },
  items: Array.from({ length: 1_000 }, (_, index) => ({
    id: index,
    name: `item-${index}`,
    team: `team-${index % 10}`,
    price: (index * 37) % 100,
    quantity: (index % 5) + 1,
    tags: ["stock", index % 100 === 99 ? "secret" : "open"],
  })),
};

const goals: readonly Goal[] = [{ slower: "opa", faster: "ours", atLeast: 8 }];

/** Sums and sets by team over 1,000 items. */
export const comprehensions: Workload = {
  name: "comprehensions",
  about: "nested comprehensions over 1,000 items, 100 kB",
  policy: readPolicy("comprehensions"),
  input,
  goals,
};

/** Every node of the same document, with and without its path. */
export const walk: Workload = {
  name: "walk",
  about: "walk of 1,000 items, 100 kB",
  policy: readPolicy("walk"),
  input,
  goals,
};

/** A small question to the same document. */
export const bigInput: Workload = {
  name: "big-input",
  about: "100 kB of input, little read",
  policy: readPolicy("big-input"),
  input,
  goals,
};
