import type { Revision, RevisionStore } from "../../bundle/index.ts";
import { PolicyError } from "../../engine/index.ts";
import { type Contents, digestsOf } from "./bundle-contents.ts";

/** A revision that is or was in force. */
type KeptRevision = {
  readonly revision: Revision;
  readonly activatedAt: Date;
  readonly contents: Contents;
};

/** The revision in force with those before it, and the digests that are not to be taken. */
export type History = {
  /** The one in force first. */
  readonly kept: readonly KeptRevision[];
  /** Why a digest is not taken; undefined when it may be. */
  blockedBecause(digest: string): string | undefined;
  /** What was rolled back and is not taken. */
  readonly rolledBack: readonly RolledBackDigest[];
  /** What was rolled back before this process began. */
  restore(rolledBack: readonly RolledBackDigest[]): void;
  /** What was rolled back may be taken again. */
  forgive(): void;
  /** The sources hold these: what was rolled back may come again once they all hold something else. */
  offered(digests: readonly string[]): void;
  /** Puts a revision in force. */
  activate(next: KeptRevision): void;
  /**
   * Puts an earlier revision in force again, the one before by default; what
   * came after it, and what of it the earlier one does not hold, is blocked
   * until the sources bring something else. Throws when there is none.
   */
  rollBack(reason: string, to?: string): RolledBack;
};

/** What was taken out of force, and what is in force in its place. */
export type RevisionChange = {
  readonly from: string;
  readonly to: string;
};

export type RolledBack = RevisionChange & { readonly reason: string };

/** The digest of a revision, or of a bundle in it, that is not taken. */
export type RolledBackDigest = {
  readonly digest: string;
  readonly reason: string;
  /** When, in ISO 8601. */
  readonly at: string;
};

/** A history whose first revision is always the store's. */
export function createHistory({
  blocklist,
  now = () => new Date(),
  onRolledBack = () => {},
  revisions,
  size,
}: {
  readonly revisions: RevisionStore;
  /** How many revisions are kept beside the one in force. */
  readonly size: number;
  readonly blocklist: readonly string[];
  readonly now?: () => Date;
  /** Hears when what is rolled back changes. */
  readonly onRolledBack?: (rolledBack: readonly RolledBackDigest[]) => void;
}): History {
  const configured = new Set(blocklist);
  const rolledBack = new Map<string, RolledBackDigest>();
  let kept: readonly KeptRevision[] = [];
  const put = (next: readonly KeptRevision[]): void => {
    kept = next.slice(0, size + 1);
    const [first] = kept;
    if (first) {
      revisions.swap(first.revision);
    }
  };
  const forgive = (): void => {
    if (rolledBack.size > 0) {
      rolledBack.clear();
      onRolledBack([]);
    }
  };
  return {
    get kept() {
      return kept;
    },
    get rolledBack() {
      return [...rolledBack.values()];
    },
    restore: (before) => {
      for (const one of before) {
        rolledBack.set(one.digest, one);
      }
    },
    forgive,
    blockedBecause: (digest) => {
      if (configured.has(digest)) {
        return "it is on the blocklist";
      }
      const { reason } = rolledBack.get(digest) ?? {};
      return reason && `it was rolled back: ${reason}`;
    },
    offered: (digests) => {
      if (!digests.some((digest) => rolledBack.has(digest))) {
        forgive();
      }
    },
    activate: (next) => {
      const { digest } = next.revision;
      const others = kept.filter((one) => one.revision.digest !== digest);
      put([next, ...others]);
    },
    rollBack: (reason, to) => {
      const at = earlier(kept, to);
      const passedOver = kept.slice(0, at);
      const [target, ...others] = kept.slice(at);
      const good = new Set(target ? digestsOf(target.contents) : []);
      for (const digest of passedOver.flatMap(blockable)) {
        if (!good.has(digest)) {
          rolledBack.set(digest, { digest, reason, at: now().toISOString() });
        }
      }
      onRolledBack([...rolledBack.values()]);
      if (target) {
        put([{ ...target, activatedAt: now() }, ...others]);
      }
      return {
        from: passedOver[0]?.revision.digest ?? "",
        to: target?.revision.digest ?? "",
        reason,
      };
    },
  };
}

function blockable({ contents, revision }: KeptRevision): readonly string[] {
  return [revision.digest, ...digestsOf(contents)];
}

/** Where the revision to go back to is. */
function earlier(
  kept: readonly KeptRevision[],
  to: string | undefined,
): number {
  if (to === undefined) {
    if (kept.length < 2) {
      throw new PolicyError(
        "server_request_error",
        "there is no earlier revision to go back to",
      );
    }
    return 1;
  }
  const found = kept.filter(({ revision }) => revision.digest.startsWith(to));
  const [only] = found;
  if (found.length !== 1 || only === undefined || only === kept[0]) {
    const why =
      found.length > 1
        ? "names more than one revision"
        : found.length === 1
          ? "is the revision in force"
          : "is no revision that was kept";
    throw new PolicyError("server_request_error", `\`${to}\` ${why}`);
  }
  return kept.indexOf(only);
}
