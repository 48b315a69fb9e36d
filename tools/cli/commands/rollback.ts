import { PolicyError } from "../../../src/engine/index.ts";
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
    admin: {
      type: "string",
      argument: "URL",
      help: "the server's admin listener (default http://127.0.0.1:9193)",
    },
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
    const admin = textFlag(args, "admin") ?? "http://127.0.0.1:9193";
    const to = textFlag(args, "to");
    if (!URL.canParse(admin)) {
      console.error(`portcullis rollback: --admin cannot be \`${admin}\``);
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
      new URL("/rollback", admin),
      isUndo ? { undo: true } : to === undefined ? undefined : { to },
    );
  },
};

async function list(admin: string): Promise<number> {
  const revisions = await ask(new URL("/revisions", admin), {});
  const back = await ask(new URL("/rolled-back", admin), {});
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
  address: URL,
  wanted: Readonly<Record<string, unknown>> | undefined,
): Promise<number> {
  const { body, status } = await ask(address, {
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

async function ask(
  address: URL,
  request: RequestInit,
): Promise<{ readonly status: number; readonly body: unknown }> {
  let answer: Response;
  try {
    answer = await fetch(address, request);
  } catch (cause) {
    throw new PolicyError(
      "server_request_error",
      `no server answers at ${address.origin}`,
      { cause },
    );
  }
  const text = await answer.text();
  try {
    return { status: answer.status, body: JSON.parse(text) };
  } catch (cause) {
    throw new PolicyError(
      "server_request_error",
      `${address.origin} is no admin listener of portcullis`,
      { cause },
    );
  }
}
