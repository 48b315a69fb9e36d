import { opa_builtin0 } from "./env";
import { abortText } from "./memory";

/** Work left; a stock host never notices. */
export let fuel: i64 = i64.MAX_VALUE;
/** 1: ask the host when the fuel is gone; it may refill. */
export let fuel_tick: i32 = 0;

const FUEL_TEXT = memory.data<u8>([
  101, 118, 97, 108, 95, 108, 105, 109, 105, 116, 95, 101, 114, 114, 111, 114, 58, 32,
  102, 117, 101, 108, 32, 101, 120, 104, 97, 117, 115, 116, 101, 100, 0,
]);
const DEPTH_TEXT = memory.data<u8>([
  101, 118, 97, 108, 95, 108, 105, 109, 105, 116, 95, 101, 114, 114, 111, 114, 58, 32,
  110, 101, 115, 116, 101, 100, 32, 116, 111, 111, 32, 100, 101, 101, 112, 108, 121, 0,
]);

export function rt_fuel_out(): void {
  if (fuel_tick == 1 && opa_builtin0(-1, 0) == 1) return;
  abortText(FUEL_TEXT);
}

/** Takes `amount` of the fuel. */
export function chargeFuel(amount: i32): void {
  fuel -= <i64>amount;
  if (fuel < 0) rt_fuel_out();
}

export function abortDepth(): void {
  abortText(DEPTH_TEXT);
}
