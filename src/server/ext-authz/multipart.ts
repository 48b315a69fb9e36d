/** One named part; `text` is its content as sent. */
export type Part = {
  readonly name: string;
  readonly isJson: boolean;
  readonly text: string;
};

/** The `boundary` parameter of a multipart content type. */
export function toBoundary(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

// More would be an attack on our time, not a form.
const maxParts = 1_000;

/**
 * Reads multipart/form-data (RFC 7578) and hands over the named parts in
 * order. False when the text is cut off or is no such form.
 */
export function parseMultipart(
  text: string,
  boundary: string,
  addPart: (part: Part) => void,
): boolean {
  const delimiter = `--${boundary}`;
  let at = text.startsWith(delimiter)
    ? 0
    : text.indexOf(`\r\n${delimiter}`) + 2;
  if (at === 1) {
    return false;
  }
  for (let count = 0; count <= maxParts; count += 1) {
    at += delimiter.length;
    if (text.startsWith("--", at)) {
      return true;
    }
    const start = text.indexOf("\n", at) + 1;
    const end = text.indexOf(`\r\n${delimiter}`, Math.max(start - 2, 0));
    if (start === 0 || end < 0) {
      return false;
    }
    const part = readPart(text.slice(start, Math.max(start, end)));
    if (part === undefined) {
      return false;
    }
    if (part.name !== "") {
      addPart(part);
    }
    at = end + 2;
  }
  return false;
}

function readPart(text: string): Part | undefined {
  if (text.startsWith("\r\n")) {
    return { name: "", isJson: false, text: text.slice(2) };
  }
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) {
    return undefined;
  }
  let name = "";
  let isJson = false;
  for (const line of text.slice(0, end).split("\r\n")) {
    const colon = line.indexOf(":");
    const field = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (field === "content-disposition") {
      name = dispositionName(value);
    } else if (field === "content-type") {
      isJson = value.includes("application/json");
    }
  }
  return { name, isJson, text: text.slice(end + 4) };
}

function dispositionName(value: string): string {
  if (!/^form-data\s*(?:;|$)/i.test(value)) {
    return "";
  }
  const match = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(value);
  return match?.[1]?.replace(/\\(.)/g, "$1") ?? match?.[2] ?? "";
}
