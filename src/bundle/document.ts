/** A base document, or an object in it, as files give it. */
export type Document = Readonly<Record<string, unknown>>;

export function isDocument(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
