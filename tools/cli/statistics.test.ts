import { expect, test } from "vitest";
import { goFloat } from "./go-text.ts";
import { statisticsOf } from "./statistics.ts";

test("percentiles lie between the nearest numbers", () => {
  expect(statisticsOf([4, 1, 3, 2])).toEqual({
    "75%": 3.75,
    "90%": 4,
    "95%": 4,
    "99%": 4,
    "99.9%": 4,
    "99.99%": 4,
    count: 4,
    max: 4,
    mean: 2.5,
    median: 2.5,
    min: 1,
    stddev: Math.sqrt(1.25),
  });
  expect(statisticsOf([7])).toMatchObject({ median: 7, "99%": 7, stddev: 0 });
});

test.each([
  [0, "0"],
  [24_021.666, "24021.666"],
  [964_720, "964720"],
  [1_000_000, "1e+06"],
  [12_272_999.25, "1.227299925e+07"],
  [1e100, "1e+100"],
  [0.000_01, "1e-05"],
])("%d is %s in Go", (value, text) => {
  expect(goFloat(value)).toBe(text);
});
