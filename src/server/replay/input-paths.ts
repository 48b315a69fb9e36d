import { type AnalyseOptions, dependenciesOf } from "../../engine/index.ts";

/** Tells whether a decision may read what a JSON pointer into an event names. */
export type ReadsPointer = (pointer: string) => boolean;

/** What of its input a query reads, by the rules that it reaches. */
export function pointersRead(
  query: string,
  options: AnalyseOptions,
): ReadsPointer {
  const found = dependenciesOf(query, options);
  if ("errors" in found) {
    return () => true;
  }
  const paths = found.base
    .map(({ json }) => JSON.parse(json) as readonly Term[])
    .filter(([root]) => root?.value === "input")
    .map(constantNames);
  return (pointer) => {
    const [root, ...names] = pointer.split("/").slice(1).map(unescaped);
    return (
      root !== "input" ||
      paths.some((path) =>
        path.every((name, at) => at >= names.length || name === names[at]),
      )
    );
  };
}

type Term = { readonly type: string; readonly value: unknown };

/** The names behind `input`, up to the first that is not known. */
function constantNames([, ...terms]: readonly Term[]): readonly string[] {
  const end = terms.findIndex(({ type }) => type !== "string");
  return terms
    .slice(0, end === -1 ? terms.length : end)
    .map(({ value }) => String(value));
}

function unescaped(name: string): string {
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Few logs hide anything, and what is read takes an analysis of its own to tell. */
export function lazily(make: () => ReadsPointer): ReadsPointer {
  let made: ReadsPointer | undefined;
  return (pointer) => {
    made ??= make();
    return made(pointer);
  };
}
