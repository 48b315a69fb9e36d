import { admission, jsonRpc } from "./documents.ts";
import { globs } from "./globs.ts";
import { bigInput, comprehensions, walk } from "./items.ts";
import { rbac } from "./rbac.ts";
import { benign, dlp, pathological } from "./regexes.ts";
import { rules } from "./rules.ts";
import { es256, rs256 } from "./tokens.ts";
import { keyed, scan } from "./tuples.ts";
import type { Workload } from "./workload.ts";

/** Every decision that all sides are compared on. */
export const workloads: readonly Workload[] = [
  rbac,
  globs,
  scan,
  keyed,
  rules(10),
  rules(1_000),
  comprehensions,
  walk,
  bigInput,
  dlp,
  pathological,
  benign,
  jsonRpc,
  admission,
  rs256,
  es256,
  rules(10_000),
];
