import { createPublicKey, verify } from "node:crypto";
import {
  type ForeignAbi,
  foreignAbis,
  PolicyError,
  rawImports,
} from "../engine/index.ts";
import { sha256Hex } from "./digest.ts";
import {
  choice,
  flag,
  type Group,
  group,
  list,
  optional,
  table,
  text,
  whole,
} from "./setting.ts";

/** What one call of a foreign guard may use, where its manifest says less than its step. */
type ForeignLimits = {
  readonly fuel: number | undefined;
  readonly memoryPages: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly tableElements: number;
  readonly depth: number;
};

/** What guard.yaml says of a guard that was compiled elsewhere. */
export type ForeignManifest = {
  readonly abi: ForeignAbi;
  readonly sha256: string;
  readonly imports: readonly (typeof rawImports)[number][];
  readonly config: Readonly<Record<string, string>>;
  readonly limits: ForeignLimits;
  readonly signer: string | undefined;
  readonly signature: string | undefined;
  readonly allowUnsigned: boolean;
};

/** A guard's folder has its module by this name. */
export const moduleFile = "guard.wasm";

const key = {
  pattern: /^[A-Za-z0-9+/]{43}=$/,
  expected: "an Ed25519 public key: 32 bytes in base64",
};

/** An Ed25519 public key as manifests and pipelines have it. */
export const signerKey = optional(
  text("the Ed25519 public key of who signs it: 32 bytes in base64", key),
);

/** The table of a manifest's `module`. */
export const foreignShape: Group<ForeignManifest> = group(
  "a guard that was compiled elsewhere, to guard.wasm",
  {
    abi: choice("how it is spoken to", foreignAbis),
    sha256: text("the SHA-256 of guard.wasm in hex", {
      pattern: /^[0-9a-f]{64}$/,
      expected: "64 hexadecimal digits",
    }),
    imports: list(
      "what the module may import of `portcullis`",
      choice("a function", rawImports),
      [],
    ),
    config: table("what `config` gives by key", text("a text")),
    limits: group("what one call may use, if its step allows that much", {
      fuel: optional(whole("units of work: instructions", { least: 1 })),
      memoryPages: optional(whole("memory in pages of 64 KiB", { least: 1 })),
      deadlineMs: optional(whole("milliseconds", { least: 1 })),
      // Some of our examples need a few dozen elements and no recursion at all.
      tableElements: whole("elements of each table", { fallback: 10_000 }),
      depth: whole("calls in progress that may come back to themselves", {
        fallback: 1_000,
        least: 1,
        greatest: 10_000,
      }),
    }),
    signer: signerKey,
    signature: optional(
      text("the signature, in base64", {
        pattern: /^[A-Za-z0-9+/]{86}==$/,
        expected: "an Ed25519 signature: 64 bytes in base64",
      }),
    ),
    allowUnsigned: flag("whether it may go without a signature", false),
  },
);

/** A guard with what its signature is about. */
export type SignedGuard = {
  readonly name: string;
  readonly version: string;
  readonly module: Pick<
    ForeignManifest,
    "sha256" | "signer" | "signature" | "allowUnsigned"
  >;
};

/**
 * Throws unless the module's bytes are those of the manifest, and signed: by
 * the signer that is pinned, else by the manifest's own; without either it must
 * be allowed to go unsigned.
 */
export function checkModule(
  bytes: Uint8Array,
  guard: SignedGuard,
  pinned: string | undefined,
): void {
  const { allowUnsigned, sha256, signature } = guard.module;
  const found = sha256Hex(bytes);
  if (found !== sha256) {
    throw fault(
      guard,
      `its ${moduleFile} has the SHA-256 ${found}, not ${sha256}`,
    );
  }
  const signer = pinned ?? guard.module.signer;
  if (signer === undefined) {
    if (!allowUnsigned) {
      throw fault(guard, "it is not signed, and `allowUnsigned` is not set");
    }
    return;
  }
  if (signature === undefined) {
    throw fault(guard, `it must be signed by ${signer} and is not signed`);
  }
  const isGood = verify(
    null,
    signedText(guard, signer),
    toPublicKey(signer),
    Buffer.from(signature, "base64"),
  );
  if (!isGood) {
    throw fault(guard, `its signature is not one of ${signer}`);
  }
}

/** The bytes that a guard's signature is over. */
export function signedText(
  { module, name, version }: SignedGuard,
  signer: string,
): Uint8Array {
  const lines = ["portcullis-guard-v1", module.sha256, name, version, signer];
  return Buffer.from(lines.join("\n"), "utf8");
}

function toPublicKey(signer: string) {
  const x = Buffer.from(signer, "base64").toString("base64url");
  return createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x },
    format: "jwk",
  });
}

function fault({ name }: SignedGuard, reason: string): PolicyError {
  return new PolicyError("guard_module_error", `guard \`${name}\`: ${reason}`);
}
