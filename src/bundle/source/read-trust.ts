import type { VerificationKey } from "../signature.ts";
import type { BundleSettings, KeySettings } from "./bundle-settings.ts";
import { readSettingsFile, wrongSettings } from "./read-remote-settings.ts";
import type { Trust } from "./trust.ts";

/** The signatures that the settings want; a network source must be signed unless they say otherwise. */
export function readTrust(
  { required, keys: given }: BundleSettings["signature"],
  isRemote: boolean,
): Trust {
  const keys = new Map(
    Object.entries(given).map(([id, key]) => [id, readKey(id, key)]),
  );
  const isRequired = required ?? (isRemote || keys.size > 0);
  if (isRequired && keys.size === 0) {
    throw wrongSettings(
      "`bundle.signature.keys` must hold a key, for the source must be signed; `signature: { required: false }` takes it unsigned",
    );
  }
  return { isRequired, verification: keys.size > 0 ? { keys } : undefined };
}

function readKey(
  id: string,
  { key, file, algorithm, scope, expires }: KeySettings,
): VerificationKey {
  const place = `bundle.signature.keys.${id}`;
  const text =
    file !== undefined && key === undefined ? readSettingsFile(file) : key;
  if (text === undefined || (key !== undefined && file !== undefined)) {
    throw wrongSettings(`\`${place}\` needs either \`key\` or \`file\``);
  }
  const date = expires === undefined ? undefined : new Date(expires);
  if (date !== undefined && Number.isNaN(date.getTime())) {
    throw wrongSettings(`\`${place}.expires\` is no date`);
  }
  return { key: text, algorithm, scope, expires: date };
}
