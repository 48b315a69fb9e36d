import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  guardName,
  moduleFile,
  sha256Hex,
  signedText,
  writeArchive,
} from "../../src/bundle/index.ts";
import {
  type ForeignAbi,
  inspectForeign,
  PolicyError,
} from "../../src/engine/index.ts";

/** What `guard pack` was told of a guard. */
export type PackRequest = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly entrypoint: string;
  readonly config: Readonly<Record<string, string>>;
  /** A PEM file with an Ed25519 key. */
  readonly signingKey: string | undefined;
  readonly allowUnsigned: boolean;
};

/** A guard's files by their name in its folder. */
type Packed = ReadonlyMap<string, Uint8Array>;

/** Makes a guard of a module: its manifest says what it imports, its digest and who signed it. */
export function packGuard(bytes: Uint8Array, request: PackRequest): Packed {
  const { name } = request;
  if (!guardName.pattern.test(name)) {
    throw fault(
      `a guard's name is in snake_case, as \`my_guard\`, not \`${name}\``,
    );
  }
  if (request.signingKey === undefined && !request.allowUnsigned) {
    throw fault("give --signing-key FILE, or --allow-unsigned");
  }
  const { abi, imports } = inspectForeign(bytes);
  if (abi === undefined) {
    throw fault("the module is of neither ABI, see docs/guard-abi.md");
  }
  const ours = imports.flatMap((one) => {
    const [module, member = ""] = one.name.split(".");
    return module === "portcullis" ? [member] : [];
  });
  const text = manifestText(request, {
    abi,
    imports: abi === "raw" ? ours : [],
    sha256: sha256Hex(bytes),
  });
  return new Map([
    ["guard.yaml", new TextEncoder().encode(text)],
    [moduleFile, bytes],
  ]);
}

type ModuleFacts = {
  readonly abi: ForeignAbi;
  readonly imports: readonly string[];
  readonly sha256: string;
};

function manifestText(
  request: PackRequest,
  { abi, imports, sha256 }: ModuleFacts,
): string {
  const { config, description, entrypoint, name, version } = request;
  const keys = Object.keys(config);
  const lines = [
    `name: ${name}`,
    ...(version === "" ? [] : [`version: ${quote(version)}`]),
    ...(description === "" ? [] : [`description: ${quote(description)}`]),
    ...(entrypoint === "" ? [] : [`entrypoint: ${quote(entrypoint)}`]),
    "module:",
    `  abi: ${abi}`,
    `  sha256: "${sha256}"`,
    ...(imports.length === 0 ? [] : [`  imports: [${imports.join(", ")}]`]),
    ...(keys.length === 0 ? [] : ["  config:"]),
    ...keys.map((key) => `    ${quote(key)}: ${quote(config[key] ?? "")}`),
    ...signatureLines(request, sha256),
    "",
  ];
  return lines.join("\n");
}

/** JSON's texts are YAML's too. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function signatureLines(
  { name, signingKey, version }: PackRequest,
  sha256: string,
): readonly string[] {
  if (signingKey === undefined) {
    return ["  allowUnsigned: true"];
  }
  const key = readKey(signingKey);
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  const signer = Buffer.from(x, "base64url").toString("base64");
  const module = { sha256, signer, signature: undefined, allowUnsigned: false };
  const text = signedText({ name, version, module }, signer);
  return [
    `  signer: ${signer}`,
    `  signature: ${sign(null, text, key).toString("base64")}`,
  ];
}

function readKey(file: string) {
  try {
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType === "ed25519") {
      return key;
    }
  } catch (cause) {
    throw fault(`\`${file}\` holds no private key in PEM`, cause);
  }
  throw fault(`\`${file}\` holds no Ed25519 key`);
}

/** Writes a guard's folder, or an archive of a source that has this guard. */
export async function writeGuard(
  files: Packed,
  name: string,
  output: string,
): Promise<void> {
  if (!/\.(tar\.gz|tgz)$/.test(output)) {
    mkdirSync(output, { recursive: true });
    for (const [file, bytes] of files) {
      writeFileSync(join(output, file), bytes);
    }
    return;
  }
  const entries = [...files].map(([file, bytes]) => {
    const inside = `guards/${name}/${file}`;
    return { path: `/${inside}`, name: inside, bytes };
  });
  writeFileSync(output, await writeArchive(entries));
}

function fault(text: string, cause?: unknown): PolicyError {
  return new PolicyError("guard_manifest_error", text, { cause });
}
