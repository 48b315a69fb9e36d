import { readArchive } from "../archive.ts";
import { fault, named } from "../fault.ts";
import { attachSignature, pushBundle } from "../oci/push.ts";
import { parseReference, referenceText } from "../oci/reference.ts";
import { splitSignatures } from "../read-bundle.ts";
import { type SigningOptions, signBundle } from "../signature.ts";
import type { RemoteSettings } from "./bundle-settings.ts";
import { createRemote, openRegistry } from "./create-remote.ts";
import { verifyDelivery } from "./read-delivery.ts";
import type { Delivery } from "./remote.ts";
import type { Trust } from "./trust.ts";

type PullOptions = {
  /** An address of `https://` or `oci://`. */
  readonly source: string;
  readonly remote: RemoteSettings;
  readonly trust: Trust;
};

/** Fetches a bundle once and verifies it. */
export async function pullBundle({
  source,
  remote,
  trust,
}: PullOptions): Promise<Delivery> {
  const delivery = await createRemote({
    source,
    remote,
    longPollMs: 0,
    wantsSignatures: trust.verification !== undefined,
  }).fetch({
    known: undefined,
    waits: false,
    takesDelta: false,
    signal: new AbortController().signal,
  });
  if (delivery === "unchanged") {
    throw fault(`\`${source}\` gave nothing`);
  }
  await verifyDelivery(delivery, trust);
  return delivery;
}

type PushOptions = {
  /** What the archive is called in messages. */
  readonly name: string;
  /** A gzipped tar. */
  readonly archive: Uint8Array;
  /** `oci://…:TAG`. */
  readonly target: string;
  readonly remote: RemoteSettings;
  readonly annotations: Readonly<Record<string, string>>;
  /** Signs the files and attaches the signature. */
  readonly signing: SigningOptions | undefined;
};

/** What became of a bundle that was pushed. */
type Pushed = {
  /** The reference with the digest of the manifest. */
  readonly reference: string;
  readonly digest: string;
  /** It holds a signature, or one is attached. */
  readonly isSigned: boolean;
};

/** Puts a bundle into a registry. What cannot be read as an archive is not pushed. */
export async function pushArchive(options: PushOptions): Promise<Pushed> {
  const { archive, target, remote, annotations, signing } = options;
  const reference = parseReference(target);
  const { tag, digest: pinned } = reference;
  if (tag === undefined || pinned !== undefined) {
    throw fault(`\`${target}\` must end with a tag: its digest is yet to be`);
  }
  const files = await readArchive(archive).catch((error) => {
    throw named(options.name, error);
  });
  const { files: own } = splitSignatures(files);
  const session = {
    registry: openRegistry({ reference, remote, actions: "pull,push" }),
    maxBytes: remote.maxBytes,
    signal: new AbortController().signal,
  };
  // Before anything is sent: a key that cannot be read must leave no bundle behind.
  const signatures = signing && signBundle(own, signing);
  const subject = await pushBundle({ ...session, archive, tag, annotations });
  if (signatures !== undefined) {
    await attachSignature({ ...session, signatures, subject });
  }
  const { digest } = subject;
  return {
    reference: referenceText(reference, digest),
    digest,
    isSigned: signatures !== undefined || own.length < files.length,
  };
}
