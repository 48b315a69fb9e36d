/** An address of RFC 2821. */
export type Mailbox = { readonly local: string; readonly domain: string };

const quoted = /^"((?:[^"\\]|\\[\s\S])*)"@/;
const plain = /^((?:[0-9a-zA-Z!#$%&'*+\-/=?^_`{|}~.]|\\[\s\S])+)@/;

/** Splits an address as Go does, quotes and escapes taken off; undefined for none. */
export function parseMailbox(text: string): Mailbox | undefined {
  const found = text.startsWith('"') ? quoted.exec(text) : plain.exec(text);
  if (found === null) {
    return undefined;
  }
  if (text.startsWith('"') && !isQuotable(found[1] as string)) {
    return undefined;
  }
  const local = (found[1] as string).replace(/\\([\s\S])/g, "$1");
  const domain = text.slice(found[0].length);
  const dots = /^\.|\.$|\.\./.test(local) && !text.startsWith('"');
  return dots || !isLabels(domain) ? undefined : { local, domain };
}

function isLabels(domain: string): boolean {
  return (
    domain === "" || domain.split(".").every((label) => /^[!-~]+$/.test(label))
  );
}

/** ASCII without NUL and line breaks; a tab only where it is escaped. */
function isQuotable(content: string): boolean {
  const bare = content.replace(/\\\t/g, "");
  return [...bare].every(
    (char) => char <= "\x7f" && !"\0\t\n\r".includes(char),
  );
}
