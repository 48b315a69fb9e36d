import type { Workload } from "./workload.ts";

/** A policy of `count` rules, each for one tool and one role. */
function rulesPolicy(count: number): string {
  const texts = Array.from({ length: count }, (_, index) =>
    [
      `allow if {`,
      `\tinput.tool == "tool-${index}"`,
      `\tinput.role == "role-${index % 7}"`,
      `}`,
      ``,
    ].join("\n"),
  );
  return [
    `package bench`,
    ``,
    `result := {"allow": allow}`,
    ``,
    `default allow := false`,
    ``,
    ...texts,
  ].join("\n");
}

/** One decision among so many rules that an index can tell apart. */
export function rules(count: number): Workload {
  const chosen = Math.floor(count / 2);
  return {
    name: `rules-${count}`,
    about: `${count.toLocaleString("en")} indexable rules`,
    policy: rulesPolicy(count),
    input: {
      tool: `tool-${chosen}`,
      role: `role-${chosen % 7}`,
      context: { network: "vpn", trace: "4bf92f3577b34da6a3ce929d0e0e4736" },
    },
    goals: [{ slower: "opa", faster: "ours", atLeast: 6 }],
  };
}
