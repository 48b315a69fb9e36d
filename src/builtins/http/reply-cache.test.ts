import { expect, test } from "vitest";
import { ReplyCache } from "./reply-cache.ts";

function stored(size: number) {
  const body = Buffer.alloc(size);
  const reply = { status: "200 OK", statusCode: 200, headers: new Map(), body };
  return { reply, expiresAt: 1 };
}

test("the least recently used go when their bytes are too many", () => {
  const cache = new ReplyCache(250);
  cache.set("a", stored(100));
  cache.set("b", stored(100));
  expect(cache.get("a")).toBeDefined();
  cache.set("c", stored(100));
  expect(["a", "b", "c"].filter((key) => cache.get(key))).toEqual(["a", "c"]);
});

test("a reply larger than the whole cache puts nothing out", () => {
  const cache = new ReplyCache(250);
  cache.set("a", stored(100));
  cache.set("b", stored(300));
  expect(["a", "b"].filter((key) => cache.get(key))).toEqual(["a"]);
});

test("there are only so many entries", () => {
  const cache = new ReplyCache();
  for (let at = 0; at <= 1_000; at += 1) {
    cache.set(`${at}`, stored(1));
  }
  expect(cache.get("0")).toBeUndefined();
  expect(cache.get("1")).toBeDefined();
});
