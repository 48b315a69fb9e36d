import {
  type BundleSettings,
  bundleShape,
  readSettings,
  signBundle,
  writeArchive,
} from "../../src/bundle/index.ts";

/** Files of a bundle by their names. */
export type Texts = Readonly<Record<string, string>>;

/** A source with one guard; what differs makes it another. */
export function guardTexts(reason: string): Texts {
  return {
    "guards/pipeline.yaml": "pipeline: [{ guard: one }]\n",
    "guards/one/guard.yaml":
      "name: one\ndescription: Denies all.\nversion: 0.1.0\nentrypoint: guards/one/verdict\nreads: []\n",
    "guards/one/guard.rego": `package guards.one\n\nverdict contains {"code": "no", "reason": "${reason}"}\n`,
  };
}

/** The key that tests sign by. */
export const secret = "a secret of the tests";

/** A gzipped tar of these files; with claims it is signed. */
export async function archiveOf(
  texts: Texts,
  claims?: Readonly<Record<string, unknown>>,
): Promise<Uint8Array> {
  const files = filesOf(texts);
  const signatures =
    claims && filesOf({ ".signatures.json": signaturesOf(texts, claims) });
  return writeArchive([...files, ...(signatures ?? [])]);
}

/** What `.signatures.json` says of these files. */
export function signaturesOf(
  texts: Texts,
  claims: Readonly<Record<string, unknown>>,
): string {
  return signBundle(filesOf(texts), {
    key: secret,
    algorithm: "HS256",
    claims,
  });
}

function filesOf(texts: Texts) {
  return Object.entries(texts).map(([name, text]) => ({
    path: `/${name}`,
    name,
    bytes: new TextEncoder().encode(text),
  }));
}

/** Settings of `bundle`, as portcullis.yaml would have them. */
export function bundleSettings(yaml: string): BundleSettings {
  return readSettings(bundleShape, {
    text: yaml,
    file: "portcullis.yaml",
    code: "server_config_error",
  });
}
