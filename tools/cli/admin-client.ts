import { PolicyError } from "../../src/engine/index.ts";
import { type Arguments, type Flag, textFlag } from "./command.ts";

/** The flag of commands that ask a running server. */
export const adminFlag: Flag = {
  type: "string",
  argument: "URL",
  help: "the server's admin listener (default http://127.0.0.1:9193)",
};

/** The admin listener that is meant; undefined for what is no address. */
export function adminOf(args: Arguments): URL | undefined {
  const text = textFlag(args, "admin") ?? "http://127.0.0.1:9193";
  return /^https?:/.test(text) && URL.canParse(text)
    ? new URL(text)
    : undefined;
}

/** What is wrong with the flag where `adminOf` has nothing. */
export function wrongAdmin(args: Arguments): string {
  return `--admin cannot be \`${textFlag(args, "admin")}\`; it is an address as http://127.0.0.1:9193`;
}

/** What an admin listener answered; its body is JSON. */
type AdminAnswer = { readonly status: number; readonly body: unknown };

/** Asks an admin listener; throws a PolicyError where none answers. */
export async function askAdmin(
  admin: URL,
  path: string,
  request: RequestInit = {},
): Promise<AdminAnswer> {
  const address = new URL(admin);
  address.pathname = `${admin.pathname.replace(/\/+$/, "")}${path}`;
  let answer: Response;
  try {
    answer = await fetch(address, request);
  } catch (cause) {
    throw new PolicyError(
      "server_request_error",
      `no server answers at ${admin.origin}`,
      { cause },
    );
  }
  const { status } = answer;
  const text = await answer.text();
  try {
    return { status, body: JSON.parse(text) };
  } catch (cause) {
    throw new PolicyError(
      "server_request_error",
      `${admin.origin} is no admin listener of portcullis: it answers ${status} with no JSON`,
      { cause },
    );
  }
}
