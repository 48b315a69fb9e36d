/** A number as Go's JSON writes a float64: exponents only far from one. */
export function goFloatText(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-6 && size < 1e21)) {
    return Object.is(value, -0) ? "-0" : plainText(value);
  }
  return value
    .toExponential()
    .replace(/e-(\d)$/, (_, digit: string) => `e-0${digit}`);
}

/** A number as Go's `%g` writes it: with an exponent from a million on and below a ten-thousandth. */
export function goShortFloatText(value: number): string {
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 6)) {
    return Object.is(value, -0) ? "-0" : plainText(value);
  }
  const sign = power < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** The digits without an exponent, no more of them than needed. */
function plainText(value: number): string {
  const text = String(value);
  const [mantissa = "", exponent = "0"] = text.split("e");
  if (!text.includes("e")) {
    return text;
  }
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const digits =
    "0".repeat(Math.max(0, -Number(exponent) - 1)) + whole + fraction;
  return `${value < 0 ? "-" : ""}0.${digits}`;
}
