import { expect, test } from "vitest";
import { PolicyError } from "../engine/index.ts";
import { isLocal, parseListenAddress } from "./listen-address.ts";

test.each([
  { text: "off", want: { kind: "off" }, local: true },
  {
    text: "unix:/run/p.sock",
    want: { kind: "unix", path: "/run/p.sock" },
    local: true,
  },
  {
    text: "127.0.0.1:1",
    want: { kind: "tcp", host: "127.0.0.1", port: 1 },
    local: true,
  },
  {
    text: "127.9.9.9:0",
    want: { kind: "tcp", host: "127.9.9.9", port: 0 },
    local: true,
  },
  { text: "[::1]:1", want: { kind: "tcp", host: "::1", port: 1 }, local: true },
  {
    text: "localhost:1",
    want: { kind: "tcp", host: "localhost", port: 1 },
    local: true,
  },
  {
    text: "0.0.0.0:1",
    want: { kind: "tcp", host: "0.0.0.0", port: 1 },
    local: false,
  },
  { text: "[::]:1", want: { kind: "tcp", host: "::", port: 1 }, local: false },
  { text: ":1", want: { kind: "tcp", host: "", port: 1 }, local: false },
  {
    text: "127.example.com:1",
    want: { kind: "tcp", host: "127.example.com", port: 1 },
    local: false,
  },
])("O6: `$text`", ({ text, want, local }) => {
  const address = parseListenAddress(text);
  expect(address).toEqual(want);
  expect(isLocal(address)).toBe(local);
});

test.each(["127.0.0.1", "127.0.0.1:65536", "x:y"])(
  "`%s` is refused",
  (text) => {
    expect(() => parseListenAddress(text)).toThrow(
      new PolicyError(
        "server_config_error",
        `\`${text}\` is no address: expected \`host:port\`, \`unix:PATH\` or \`off\``,
      ),
    );
  },
);
