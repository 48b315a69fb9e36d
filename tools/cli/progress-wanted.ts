/**
 * Whether a line of progress may be shown: on a terminal that can take lines
 * back, and not where `NO_PROGRESS` or `CI` is set.
 */
export function isProgressWanted(
  { isTTY }: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv,
): boolean {
  return (
    isTTY === true &&
    !env["CI"] &&
    !env["NO_PROGRESS"] &&
    env["TERM"] !== "dumb"
  );
}
