/** A day of the proleptic Gregorian calendar. */
export type CivilDate = {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
};

export const secondsPerDay = 86_400;

// Days of an era of 400 years, which begins in March of a year 0.
const eraDays = 146_097;
const daysToEpoch = 719_468;

/** Days since 1970; month and day may lie outside their usual range. */
export function daysFromCivil({ year, month, day }: CivilDate): number {
  const years = year + Math.floor((month - 1) / 12);
  const inYear = modulo(month - 1, 12) + 1;
  // Years begin in March here, so that a leap day ends one.
  const shifted = inYear <= 2 ? years - 1 : years;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * modulo(inYear - 3, 12) + 2) / 5);
  const dayOfEra =
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear;
  return era * eraDays + dayOfEra - daysToEpoch + day - 1;
}

/** The date of a day counted from 1970. */
export function civilFromDays(days: number): CivilDate {
  const shifted = days + daysToEpoch;
  const era = Math.floor(shifted / eraDays);
  const dayOfEra = shifted - era * eraDays;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

/** 0 for Sunday. */
export function weekdayOf(days: number): number {
  return modulo(days + 4, 7);
}

export function daysInMonth(year: number, month: number): number {
  return (
    daysFromCivil({ year, month: month + 1, day: 1 }) -
    daysFromCivil({ year, month, day: 1 })
  );
}

export function isLeapYear(year: number): boolean {
  return daysInMonth(year, 2) === 29;
}

/** Never below zero. */
function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
