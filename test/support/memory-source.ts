import {
  type BundleSource,
  type Fetched,
  type SourceListener,
  toSourceFiles,
} from "../../src/bundle/index.ts";
import { PolicyError } from "../../src/engine/index.ts";

/** A source that holds what a test gives it, and tells of it at once. */
export type MemorySource = BundleSource & {
  /** What was kept for a start without the source, in order. */
  readonly keptDigests: readonly string[];
  /** How often it was asked to give again what it gave. */
  readonly forgotten: number;
  /** Resolves when it is in force or refused. */
  give(fetched: Fetched): Promise<void>;
  fail(message: string): void;
  confirm(): void;
};

/** A source that begins with some content, and may have kept another. */
export function createMemorySource(
  first: Fetched,
  kept?: Fetched,
): MemorySource {
  let listener: SourceListener | undefined;
  const keptDigests: string[] = [];
  let forgotten = 0;
  return {
    keptDigests,
    load: async () => first,
    watch: async (told) => {
      listener = told;
    },
    keep: async ({ digest }) => {
      keptDigests.push(digest);
      return undefined;
    },
    lastKept: async (why) => kept && { ...kept, outdated: why },
    forget: () => {
      forgotten += 1;
    },
    get forgotten() {
      return forgotten;
    },
    close: async () => {},
    give: async (fetched) => listener?.fetched(fetched),
    fail: (message) =>
      listener?.failed(new PolicyError("bundle_load_error", message)),
    confirm: () => listener?.unchanged(),
  };
}

/** What a source holds, of some files; its digest is a digit for people, 64 times. */
export function toFetched(
  digit: string,
  files: Readonly<Record<string, string>>,
  roots?: readonly string[],
): Fetched {
  const manifest = roots ? { ".manifest": JSON.stringify({ roots }) } : {};
  return {
    source: toSourceFiles(new Map(Object.entries({ ...files, ...manifest }))),
    digest: digit.repeat(64),
    from: `memory ${digit}`,
    signedBy: undefined,
    outdated: undefined,
  };
}
