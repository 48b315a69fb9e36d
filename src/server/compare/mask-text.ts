/** What stands in place of what was taken out. */
export const hidden = "***";

const secretName =
  /authori[sz]ation|cookie|(?:^|[-_.])auth$|key|token|secret|passw|pwd|signature|session|credential|jwt|assertion|(?:^|[-_.])otp$/i;

// In a query `code` is one that buys a token; elsewhere it is a status.
const secretParameter = /code|^sig$/i;

/** Credentials that are known by their form, whatever holds them. */
const forms: readonly (readonly [form: RegExp, masked: string])[] = [
  [/\b(bearer|basic)\s+\S+/gi, `$1 ${hidden}`],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, hidden],
  [/\/\/[^/?#@\s]+@/g, `//${hidden}@`],
];

/** Whether what bears the name is secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** A text without credentials, in it and in the parameters of a path or address. */
export function maskText(text: string): string {
  return forms.reduce(
    (masked, [form, by]) => masked.replace(form, by),
    maskParameters(text),
  );
}

function maskParameters(text: string): string {
  let isValue = false;
  const shown = text.split(/(?=[?&;#])/).map((part) => {
    // Only `&` and `#` end a value for everyone.
    if (isValue && /^[?;]/.test(part)) {
      return "";
    }
    const [, start = "", name = ""] = /^([?&;#]([^=]*)=)/.exec(part) ?? [];
    isValue = isSecretParameter(name);
    return isValue ? `${start}${hidden}` : part;
  });
  return shown.join("");
}

/** Whether what a parameter of this name says is secret. */
export function isSecretParameter(name: string): boolean {
  const plain = unescaped(name);
  return isSecretName(plain) || secretParameter.test(plain);
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
