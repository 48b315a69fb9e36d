/**
 * A text with each `${NAME}` replaced by the environment variable, as OPA does:
 * one that is not set stays as it is.
 */
export function substituteEnv(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return text.replace(
    /\$\{([^\n}]*)\}/g,
    (found, name: string) => environment[name] ?? (name === "" ? "" : found),
  );
}
