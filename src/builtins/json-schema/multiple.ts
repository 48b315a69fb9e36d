import { numberText, type Value } from "../../engine/builtins/index.ts";

/** Whether one number is a whole multiple of the other, to the last digit. */
export function isMultiple(value: Value, of: Value): boolean {
  const [a, b] = [toDecimal(value), toDecimal(of)];
  const shift = Math.max(a.places, b.places);
  if (Math.abs(a.places - b.places) > maxPlaces) {
    return Number.isInteger(
      Number(numberText(value as number)) / Number(numberText(of as number)),
    );
  }
  const [m, n] = [scale(a, shift), scale(b, shift)];
  return n !== 0n && m % n === 0n;
}

type Decimal = { readonly digits: bigint; readonly places: number };

// A few bytes of text may ask for gigabytes of digits.
const maxPlaces = 5_000;

function toDecimal(value: Value): Decimal {
  const [mantissa = "", exponent = "0"] = numberText(value as number)
    .toLowerCase()
    .split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return {
    digits: BigInt(whole + fraction),
    places: fraction.length - Number(exponent),
  };
}

function scale({ digits, places }: Decimal, shift: number): bigint {
  return digits * 10n ** BigInt(shift - places);
}
