import {
  fromBigint,
  fromJs,
  type HostBuiltin,
  toRego,
  type Value,
} from "../engine/builtins/index.ts";

/** `uuid.rfc4122(key)`: a version 4 UUID, the same for one key all through a decision. */
const rfc4122: HostBuiltin = {
  name: "uuid.rfc4122",
  nondeterministic: true,
  run: ([key = ""], { random, decisionCache }) => {
    const slot = `uuid.rfc4122 ${toRego(key)}`;
    const known = decisionCache.get(slot);
    if (typeof known === "string") {
      return known;
    }
    const bytes = Buffer.from(random(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const made = bytes
      .toString("hex")
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    decisionCache.set(slot, made);
    return made;
  },
};

/** `uuid.parse(text)`: the parts of a UUID; undefined for any other text. */
const parse: HostBuiltin = {
  name: "uuid.parse",
  run: ([text]) => {
    const uuid = decode(Buffer.from(text as string));
    return uuid && describe(uuid);
  },
};

export const uuidBuiltins: readonly HostBuiltin[] = [rfc4122, parse];

const canonical =
  /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})/i;

/**
 * Four forms: 36 characters, with `urn:uuid:`, in any two brackets, or bare
 * hexadecimal digits.
 */
function decode(text: Buffer): Buffer | undefined {
  const plain = text.toString("latin1");
  switch (text.length) {
    case 32:
      return /^[0-9a-f]+$/i.test(plain) ? Buffer.from(plain, "hex") : undefined;
    case 36:
      return decodeCanonical(plain);
    case 38:
      return decodeCanonical(plain.slice(1));
    case 45:
      return plain.toLowerCase().startsWith("urn:uuid:")
        ? decodeCanonical(plain.slice(9))
        : undefined;
    default:
      return undefined;
  }
}

function decodeCanonical(text: string): Buffer | undefined {
  const parts = canonical.exec(text);
  return parts ? Buffer.from(parts.slice(1).join(""), "hex") : undefined;
}

const domains = ["Person", "Group", "Org"];

function describe(uuid: Buffer): Value {
  const version = uuid.readUInt8(6) >> 4;
  const named = { version, variant: variant(uuid.readUInt8(8)) };
  if (version !== 1 && version !== 2) {
    return fromJs(named);
  }
  const dated = {
    ...named,
    time: unixTime(uuid),
    nodeid: uuid.toString("hex", 10).replace(/..\B/g, "$&-"),
    macvariables: addressKind(uuid.readUInt8(10)),
    clocksequence: uuid.readUInt16BE(8) & 0x3fff,
  };
  if (version === 1) {
    return fromJs(dated);
  }
  const domain = uuid.readUInt8(9);
  return fromJs({
    ...dated,
    id: uuid.readUInt32BE(0),
    domain: domains[domain] ?? `Domain${domain}`,
  });
}

function variant(byte: number): string {
  if ((byte & 0xc0) === 0x80) {
    return "RFC4122";
  }
  if ((byte & 0xe0) === 0xc0) {
    return "Microsoft";
  }
  return (byte & 0xe0) === 0xe0 ? "Future" : "Reserved";
}

// From 15 October 1582 to 1970, in steps of 100 ns.
const gregorianOffset = 122_192_928_000_000_000n;

/** Nanoseconds since 1970, as an int64 wraps. */
function unixTime(uuid: Buffer): number | bigint {
  const low = BigInt(uuid.readUInt32BE(0));
  const middle = BigInt(uuid.readUInt16BE(4)) << 32n;
  const high = BigInt(uuid.readUInt16BE(6) & 0x0fff) << 48n;
  const steps = (low | middle | high) - gregorianOffset;
  return fromBigint(BigInt.asIntN(64, steps * 100n));
}

function addressKind(first: number): string {
  const scope = first & 0b10 ? "local" : "global";
  return `${scope}:${first & 0b01 ? "multicast" : "unicast"}`;
}
