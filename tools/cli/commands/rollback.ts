import { adminFlag, adminOf, askAdmin, wrongAdmin } from "../admin-client.ts";
import {
  type Arguments,
  type Command,
  exitCode,
  textFlag,
} from "../command.ts";

/** `portcullis rollback`: has a server go back to an earlier revision. */
export const rollback: Command = {
  usage: "",
  flags: {
    admin: adminFlag,
    to: {
      type: "string",
      argument: "DIGEST",
      help: "the revision, by six or more digits (default: the one before)",
    },
    list: {
      type: "boolean",
      help: "list the revisions that were kept and what was rolled back, and change nothing",
    },
    undo: {
      type: "boolean",
      help: "take again what was rolled back",
    },
  },
  run: async (args: Arguments) => {
    const admin = adminOf(args);
    const to = textFlag(args, "to");
    if (admin === undefined) {
      console.error(`portcullis rollback: ${wrongAdmin(args)}`);
      return exitCode.failed;
    }
    if (to !== undefined && !/^[0-9a-f]{6,64}$/.test(to)) {
      console.error(
        `portcullis rollback: --to cannot be \`${to}\`; it is six or more digits of a digest`,
      );
      return exitCode.failed;
    }
    const isUndo = args.flags["undo"] === true;
    if (isUndo && to !== undefined) {
      console.error("portcullis rollback: give --to or --undo");
      return exitCode.failed;
    }
    if (args.flags["list"] === true) {
      return list(admin);
    }
    return change(
      admin,
      isUndo ? { undo: true } : to === undefined ? undefined : { to },
    );
  },
};

async function list(admin: URL): Promise<number> {
  const revisions = await askAdmin(admin, "/revisions");
  const back = await askAdmin(admin, "/rolled-back");
  for (const { body, status } of [revisions, back]) {
    if (status !== 200) {
      console.error(`portcullis rollback: ${(body as Refusal).error}`);
      return exitCode.failed;
    }
  }
  for (const { activated, active, revision } of revisions.body as Listed[]) {
    console.log(`${active ? "*" : " "} ${revision} ${activated}`);
  }
  for (const { at, digest, reason } of back.body as ListedBack[]) {
    console.log(`- ${digest} ${at} rolled back: ${reason}`);
  }
  return exitCode.fine;
}

type Refusal = { readonly error: string };

type ListedBack = {
  readonly digest: string;
  readonly at: string;
  readonly reason: string;
};

type Listed = {
  readonly revision: string;
  readonly active: boolean;
  readonly activated: string;
};

async function change(
  admin: URL,
  wanted: Readonly<Record<string, unknown>> | undefined,
): Promise<number> {
  const { body, status } = await askAdmin(admin, "/rollback", {
    method: "POST",
    ...(wanted && { body: JSON.stringify(wanted) }),
  });
  const answer = body as { from: string; to: string; error: string };
  if (status !== 200) {
    console.error(`portcullis rollback: ${answer.error}`);
    return exitCode.failed;
  }
  console.log(`${answer.from} → ${answer.to}`);
  return exitCode.fine;
}
