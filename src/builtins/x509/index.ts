import {
  BuiltinError,
  fromJs,
  type HostBuiltin,
  type RegoObject,
  textOperand,
  type Value,
} from "../../engine/builtins/index.ts";
import { decodeBase64 } from "../go/base64.ts";
import { decodePem } from "../go/pem.ts";
import { type Certificate, parseCertificates } from "./certificate.ts";
import {
  certificateValue,
  extendedCertificateValue,
  goValue,
} from "./certificate-json.ts";
import { parseCertificateRequest } from "./certificate-request.ts";
import { verifyChain } from "./chain.ts";
import { readChainOptions } from "./chain-options.ts";
import { parseKeyPair } from "./key-pair.ts";
import {
  type PrivateKey,
  parsePrivateKey,
  privateKeyFields,
  privateKeyJwk,
} from "./private-key.ts";

/** `crypto.x509.*` and `crypto.parse_private_keys`. */
export const x509Builtins: readonly HostBuiltin[] = [
  {
    name: "crypto.x509.parse_certificates",
    run: ([text]) =>
      readCertificates(text as string).map(extendedCertificateValue),
  },
  {
    name: "crypto.x509.parse_and_verify_certificates",
    run: ([text], { now }) =>
      verified(text as string, extendedCertificateValue, () => ({
        dnsName: "",
        time: Number(now / 1_000_000n),
        keyUsages: [],
      })),
  },
  {
    name: "crypto.x509.parse_and_verify_certificates_with_options",
    run: ([text, options], { now }) =>
      verified(text as string, certificateValue, () =>
        readChainOptions(options as RegoObject, now),
      ),
  },
  {
    name: "crypto.x509.parse_certificate_request",
    run: ([text]) =>
      goValue(parseCertificateRequest(requestDer(text as string))),
  },
  {
    name: "crypto.x509.parse_keypair",
    takesAny: true,
    // OPA names operand 1 for both.
    run: ([certificate, key]) =>
      goValue(parseKeyPair(textOperand(certificate, 1), textOperand(key, 1))),
  },
  {
    name: "crypto.x509.parse_rsa_private_key",
    run: ([text]) => firstKeyAsJwk(text as string),
  },
  {
    name: "crypto.parse_private_keys",
    run: ([text]) =>
      text === ""
        ? null
        : readPrivateKeys(text as string).map((key) =>
            goValue(privateKeyFields(key)),
          ),
  },
];

const begin = "-----BEGIN";

/** Certificates of PEM, of its Base64, or of DER's. */
function readCertificates(text: string): Certificate[] {
  if (text.startsWith(begin)) {
    return readPemCertificates(text);
  }
  const bytes = decodeBase64(text, "base64");
  return bytes.subarray(0, begin.length).toString("latin1") === begin
    ? readPemCertificates(bytes.toString("utf8"))
    : parseCertificates(bytes);
}

function readPemCertificates(text: string): Certificate[] {
  const ders: Buffer[] = [];
  let block = decodePem(text);
  while (block !== undefined) {
    if (block.type !== "CERTIFICATE") {
      throw new BuiltinError(
        `PEM block type is '${block.type}', expected CERTIFICATE`,
      );
    }
    ders.push(block.bytes);
    block = decodePem(block.rest);
  }
  return parseCertificates(Buffer.concat(ders));
}

/** `[true, chain]`, the leaf first, or `[false, []]`; errors of the options are errors. */
function verified(
  text: string,
  toValue: (certificate: Certificate) => Value,
  options: () => Parameters<typeof verifyChain>[1],
): Value {
  const certificates = orUndefined(() => readCertificates(text));
  if (certificates === undefined) {
    return [false, []];
  }
  const wanted = options();
  const chain = orUndefined(() => verifyChain(certificates, wanted));
  return chain === undefined ? [false, []] : [true, chain.map(toValue)];
}

function orUndefined<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof BuiltinError) {
      return undefined;
    }
    throw error;
  }
}

function requestDer(text: string): Buffer {
  const plain = text.startsWith("-----BEGIN CERTIFICATE REQUEST-----");
  const bytes = plain ? undefined : decodeBase64(text, "base64");
  const block = decodePem(
    bytes === undefined ? text : bytes.toString("latin1"),
  );
  if (block !== undefined && block.type !== "CERTIFICATE REQUEST") {
    throw new BuiltinError("invalid PEM-encoded certificate signing request");
  }
  return block?.bytes ?? bytes ?? Buffer.from(text, "utf8");
}

function firstKeyAsJwk(text: string): Value {
  if (text === "") {
    throw new BuiltinError("input PEM data was empty");
  }
  const pem = text.startsWith(begin)
    ? text
    : decodeBase64(text, "base64").toString("latin1");
  const [key] = readPrivateKeys(pem);
  return key === undefined ? null : fromJs(privateKeyJwk(key));
}

const forms = {
  "RSA PRIVATE KEY": "PKCS1",
  "PRIVATE KEY": "PKCS8",
  "EC PRIVATE KEY": "EC",
} as const;

/** The keys of PEM or of its Base64; blocks of other kinds are passed over. */
function readPrivateKeys(text: string): PrivateKey[] {
  const keys: PrivateKey[] = [];
  const decoded = orUndefined(() => decodeBase64(text, "base64"));
  let block = decodePem(decoded?.toString("latin1") ?? text);
  while (block !== undefined) {
    if (Object.hasOwn(forms, block.type)) {
      keys.push(
        parsePrivateKey(block.bytes, forms[block.type as keyof typeof forms]),
      );
    }
    block = decodePem(block.rest);
  }
  return keys;
}
