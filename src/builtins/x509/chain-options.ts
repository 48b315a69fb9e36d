import {
  BuiltinError,
  isArray,
  isNumber,
  type RegoObject,
  RegoSet,
  toInteger,
  type Value,
} from "../../engine/builtins/index.ts";
import type { ChainOptions } from "./chain.ts";

/** Names of the purposes in the order of Go's numbers. */
const usageNames: readonly string[] = [
  "Any",
  "ServerAuth",
  "ClientAuth",
  "CodeSigning",
  "EmailProtection",
  "IPSECEndSystem",
  "IPSECTunnel",
  "IPSECUser",
  "TimeStamping",
  "OCSPSigning",
  "MicrosoftServerGatedCrypto",
  "NetscapeServerGatedCrypto",
  "MicrosoftCommercialCodeSigning",
  "MicrosoftKernelCodeSigning",
].map((name) => `KeyUsage${name}`);

/** Reads the options; `now` in nanoseconds is the time without `CurrentTime`. */
export function readChainOptions(
  object: RegoObject,
  now: bigint,
): ChainOptions {
  let [dnsName, time, keyUsages]: [string, bigint, readonly number[]] = [
    "",
    now,
    [],
  ];
  for (const [key, value] of object.entries) {
    switch (key) {
      case "DNSName":
        if (typeof value !== "string") {
          throw new BuiltinError("'DNSName' should be a string");
        }
        dnsName = trimQuotes(value);
        break;
      case "CurrentTime":
        time = readInteger("CurrentTime", "a valid int64 number", value);
        break;
      case "MaxConstraintComparisons":
        // Go ignores it: our checks take a time that the size of the chain bounds.
        readInteger("MaxConstraintComparisons", "a valid number", value);
        break;
      case "KeyUsages":
        keyUsages = readUsages(value);
        break;
      default:
        if (typeof key === "string") {
          throw new BuiltinError("invalid key option");
        }
    }
  }
  return { dnsName, time: Number(time) / 1e6, keyUsages };
}

function trimQuotes(text: string): string {
  return text.replace(/^"+/, "").replace(/(?<!")"+$/, "");
}

function readInteger(name: string, wanted: string, value: Value): bigint {
  if (!isNumber(value)) {
    throw new BuiltinError(`'${name}' should be a number`);
  }
  const integer = toInteger(value);
  if (integer === undefined || BigInt.asIntN(64, integer) !== integer) {
    throw new BuiltinError(`'${name}' should be ${wanted}`);
  }
  return integer;
}

function readUsages(value: Value): readonly number[] {
  const names = value instanceof RegoSet ? value.items : value;
  if (!isArray(names)) {
    throw new BuiltinError("'KeyUsages' should be an Array or Set");
  }
  const texts = names
    .filter((name) => typeof name === "string")
    .map(trimQuotes);
  const unknown = texts.filter((name) => !usageNames.includes(name));
  if (unknown.length > 0) {
    throw new BuiltinError(
      `invalid entries for 'KeyUsages' found: [${unknown.join(" ")}]`,
    );
  }
  return texts.map((name) => usageNames.indexOf(name));
}
