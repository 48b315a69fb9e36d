import { constants, verify } from "node:crypto";
import { isIP } from "node:net";
import { BuiltinError } from "../../engine/builtins/index.ts";
import type { Certificate } from "./certificate.ts";
import { checkNameConstraints } from "./chain-constraints.ts";
import { importPublicKey, oidText, publicKeyAlgorithm } from "./public-key.ts";

/** What a chain must meet. */
export type ChainOptions = {
  readonly dnsName: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Go's numbers of the purposes; any of them does. */
  readonly keyUsages: readonly number[];
};

const usageAny = 0;
const usageServer = 1;
const keyCertSign = 1 << 5;
const maxSignatureChecks = 100;

/**
 * A chain from the last certificate, the leaf, to the first, the root, by way
 * of any of the others, found and checked as Go's `Verify` does.
 */
export function verifyChain(
  certificates: readonly Certificate[],
  options: ChainOptions,
): readonly Certificate[] {
  const [root, ...others] = certificates;
  const leaf = others.pop();
  if (root === undefined || leaf === undefined) {
    throw invalid("must supply at least two certificates to be able to verify");
  }
  const search = new ChainSearch(root, others, options.time);
  search.checkCertificate("leaf", leaf, []);
  if (options.dnsName !== "" && !matchesHost(leaf, options.dnsName)) {
    throw invalid(`certificate is not valid for ${options.dnsName}`);
  }
  const chains = root.raw.equals(leaf.raw) ? [[leaf]] : search.chains([leaf]);
  const chain = chains.find(
    (one) => allows(one, options.keyUsages) && checkNameConstraints(one),
  );
  if (chain === undefined) {
    throw invalid("certificate signed by unknown authority");
  }
  return chain;
}

function invalid(what: string): BuiltinError {
  return new BuiltinError(`x509: ${what}`);
}

type Role = "root" | "intermediate" | "leaf";

class ChainSearch {
  private readonly root: Certificate;
  private readonly intermediates: readonly Certificate[];
  private readonly time: number;
  private signatureChecks = 0;

  constructor(
    root: Certificate,
    intermediates: readonly Certificate[],
    time: number,
  ) {
    this.root = root;
    this.intermediates = intermediates;
    this.time = time;
  }

  /** Every chain that goes on from these, the leaf first. */
  chains(current: readonly Certificate[]): (readonly Certificate[])[] {
    const child = current[current.length - 1] as Certificate;
    const found: (readonly Certificate[])[] = [];
    for (const parent of byLikelihood(child, [this.root])) {
      if (this.mayFollow("root", parent, current)) {
        found.push([...current, parent]);
      }
    }
    for (const parent of byLikelihood(child, this.intermediates)) {
      if (this.mayFollow("intermediate", parent, current)) {
        found.push(...this.chains([...current, parent]));
      }
    }
    return found;
  }

  private mayFollow(
    role: Role,
    parent: Certificate,
    current: readonly Certificate[],
  ): boolean {
    this.signatureChecks += 1;
    if (this.signatureChecks > maxSignatureChecks) {
      return false;
    }
    const child = current[current.length - 1] as Certificate;
    if (isIn(current, parent) || !signs(parent, child)) {
      return false;
    }
    try {
      this.checkCertificate(role, parent, current);
      return true;
    } catch (error) {
      if (error instanceof BuiltinError) {
        return false;
      }
      throw error;
    }
  }

  /** Throws for a certificate that cannot have the role after the current ones. */
  checkCertificate(
    role: Role,
    { fields, notBefore, notAfter }: Certificate,
    current: readonly Certificate[],
  ): void {
    if (fields.UnhandledCriticalExtensions !== null) {
      throw invalid("unhandled critical extension");
    }
    if (
      this.time < notBefore.milliseconds ||
      this.time > notAfter.milliseconds
    ) {
      throw invalid("certificate has expired or is not yet valid");
    }
    if (
      role === "intermediate" &&
      !(fields.BasicConstraintsValid && fields.IsCA)
    ) {
      throw invalid("certificate is not authorized to sign other certificates");
    }
    if (
      fields.BasicConstraintsValid &&
      fields.MaxPathLen >= 0 &&
      current.length - 1 > fields.MaxPathLen
    ) {
      throw invalid("too many intermediates for path length constraint");
    }
  }
}

/** Those with the issuer's name: first the ones whose key ids agree, last those whose do not. */
function byLikelihood(
  child: Certificate,
  candidates: readonly Certificate[],
): readonly Certificate[] {
  const wanted = child.fields.AuthorityKeyId ?? Buffer.alloc(0);
  const rank = ({ fields }: Certificate) => {
    const id = fields.SubjectKeyId ?? Buffer.alloc(0);
    if (id.equals(wanted)) {
      return 0;
    }
    return id.length === 0 || wanted.length === 0 ? 1 : 2;
  };
  return candidates
    .filter(({ rawSubject }) => rawSubject.equals(child.rawIssuer))
    .sort((a, b) => rank(a) - rank(b));
}

function isIn(chain: readonly Certificate[], candidate: Certificate): boolean {
  return chain.some(
    (one) =>
      one.rawSubject.equals(candidate.rawSubject) &&
      one.publicKey.spki.equals(candidate.publicKey.spki) &&
      alternativeNames(one) === alternativeNames(candidate),
  );
}

function alternativeNames({ extensions }: Certificate): string | undefined {
  return extensions
    .find(({ Id }) => oidText(Id) === "2.5.29.17")
    ?.Value.toString("hex");
}

const keyAlgorithms = {
  rsa: publicKeyAlgorithm.rsa,
  "rsa-pss": publicKeyAlgorithm.rsa,
  ec: publicKeyAlgorithm.ecdsa,
  ed25519: publicKeyAlgorithm.ed25519,
};

/** Whether the parent may sign certificates and has signed the child. */
function signs(parent: Certificate, child: Certificate): boolean {
  const { fields, publicKey, version } = parent;
  if (
    (version === 3 && !fields.BasicConstraintsValid) ||
    (fields.BasicConstraintsValid && !fields.IsCA) ||
    (fields.KeyUsage !== 0 && (fields.KeyUsage & keyCertSign) === 0)
  ) {
    return false;
  }
  const { key: kind, hash } = child.signatureAlgorithm;
  const key = importPublicKey(publicKey.spki);
  if (
    kind === undefined ||
    key === undefined ||
    keyAlgorithms[kind] !== publicKey.algorithm
  ) {
    return false;
  }
  const modulusBits = key.asymmetricKeyDetails?.modulusLength ?? Infinity;
  const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  return (
    modulusBits >= 1024 &&
    verify(
      hash ?? null,
      child.rawTbs,
      kind === "rsa-pss" ? { key, ...pss } : { key },
      child.signature,
    )
  );
}

/** Whether one of the purposes is good for every certificate that names any. */
function allows(
  chain: readonly Certificate[],
  keyUsages: readonly number[],
): boolean {
  const wanted = keyUsages.length === 0 ? [usageServer] : keyUsages;
  if (wanted.includes(usageAny)) {
    return true;
  }
  const limiting = chain.filter(
    ({ fields: { ExtKeyUsage, UnknownExtKeyUsage } }) =>
      (ExtKeyUsage !== null || UnknownExtKeyUsage !== null) &&
      !ExtKeyUsage?.includes(usageAny),
  );
  return wanted.some((usage) =>
    limiting.every(({ fields }) => fields.ExtKeyUsage?.includes(usage)),
  );
}

function matchesHost({ fields }: Certificate, host: string): boolean {
  const bare = /^\[(.+)\]$/.exec(host)?.[1] ?? host;
  if (isIP(bare) !== 0) {
    return (fields.IPAddresses ?? []).includes(normalIp(bare));
  }
  const name = lowerAscii(host);
  const parts = name.replace(/\.$/, "").split(".");
  return (fields.DNSNames ?? []).some((pattern) =>
    isHostName(name, false) && isHostName(pattern, true)
      ? matchesPattern(lowerAscii(pattern).split("."), parts)
      : name !== "" && name !== "." && lowerAscii(pattern) === name,
  );
}

/** The text of an address as the certificate's are spelled. */
function normalIp(text: string): string {
  if (isIP(text) === 4) {
    return text;
  }
  const { hostname } = new URL(`http://[${text}]/`);
  const plain = hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(plain);
  const [high = 0, low = 0] = (mapped ?? [])
    .slice(1)
    .map((part) => Number.parseInt(part, 16));
  return mapped === null
    ? plain
    : [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isHostName(text: string, isPattern: boolean): boolean {
  const host = isPattern ? text : text.replace(/\.$/, "");
  return (
    host !== "*" &&
    host
      .split(".")
      .every(
        (label, index) =>
          (isPattern && index === 0 && label === "*") ||
          /^[a-zA-Z0-9_][a-zA-Z0-9_-]*$/.test(label),
      )
  );
}

function matchesPattern(
  pattern: readonly string[],
  parts: readonly string[],
): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every(
      (label, index) =>
        (index === 0 && label === "*") || label === parts[index],
    )
  );
}
