import {
  type CivilDate,
  civilFromDays,
  daysFromCivil,
  secondsPerDay,
  weekdayOf,
} from "./calendar.ts";
import type { Zone } from "./zone.ts";

/** A moment, and the zone in which its date and clock are read. */
export type Instant = {
  /** Since 1970. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly zone: Zone;
};

/** What calendar and clock show. */
export type Civil = CivilDate & {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 for Sunday. */
  readonly weekday: number;
  /** From one. */
  readonly yearDay: number;
};

const nanosecondsPerSecond = 1_000_000_000n;

export function fromNanoseconds(nanoseconds: bigint, zone: Zone): Instant {
  const rest = nanoseconds % nanosecondsPerSecond;
  const whole = (nanoseconds - rest) / nanosecondsPerSecond;
  return rest < 0n
    ? {
        seconds: Number(whole) - 1,
        nanoseconds: Number(rest + nanosecondsPerSecond),
        zone,
      }
    : { seconds: Number(whole), nanoseconds: Number(rest), zone };
}

export function toNanoseconds({ seconds, nanoseconds }: Instant): bigint {
  return BigInt(seconds) * nanosecondsPerSecond + BigInt(nanoseconds);
}

export function toCivil({ seconds, zone }: Instant): Civil {
  const local = seconds + zone.at(seconds).seconds;
  const days = Math.floor(local / secondsPerDay);
  const clock = local - days * secondsPerDay;
  const date = civilFromDays(days);
  return {
    ...date,
    hour: Math.floor(clock / 3_600),
    minute: Math.floor(clock / 60) % 60,
    second: clock % 60,
    weekday: weekdayOf(days),
    yearDay: days - daysFromCivil({ ...date, month: 1, day: 1 }) + 1,
  };
}

/** The second at which clocks of the zone show this; what overflows is carried on. */
export function fromCivil(
  civil: CivilDate & Pick<Civil, "hour" | "minute" | "second">,
  zone: Zone,
): number {
  const { hour, minute, second } = civil;
  const local =
    daysFromCivil(civil) * secondsPerDay + (hour * 60 + minute) * 60 + second;
  // Near a change of the clocks the local time, read as UTC, may miss the
  // offset that holds.
  const guess = zone.at(local);
  const seconds = local - guess.seconds;
  return seconds < guess.start || seconds >= guess.end
    ? local - zone.at(seconds).seconds
    : seconds;
}
