import { expect, test } from "vitest";
import { proxyFor } from "./proxy-env.ts";

const proxy = "http://proxy:3128";

// As golang.org/x/net/http/httpproxy has it.
test.each([
  ["https://a.com/x", { HTTPS_PROXY: proxy }, true],
  ["https://a.com/x", { https_proxy: proxy }, true],
  ["https://a.com/x", { HTTP_PROXY: proxy }, false],
  ["http://a.com/x", { HTTP_PROXY: proxy }, true],
  ["http://a.com/x", { HTTPS_PROXY: proxy }, false],
  ["http://a.com/x", { HTTP_PROXY: proxy, REQUEST_METHOD: "GET" }, false],
  ["https://localhost:1/x", { HTTPS_PROXY: proxy }, false],
  ["https://127.8.0.1/x", { HTTPS_PROXY: proxy }, false],
  ["https://[::1]/x", { HTTPS_PROXY: proxy }, false],
  ["https://a.com", { HTTPS_PROXY: proxy, NO_PROXY: "*" }, false],
  ["https://a.com", { HTTPS_PROXY: proxy, NO_PROXY: "b.com, A.com" }, false],
  ["https://x.a.com", { HTTPS_PROXY: proxy, NO_PROXY: "a.com" }, false],
  ["https://xa.com", { HTTPS_PROXY: proxy, NO_PROXY: "a.com" }, true],
  ["https://a.com", { HTTPS_PROXY: proxy, NO_PROXY: ".a.com" }, true],
  ["https://x.a.com", { HTTPS_PROXY: proxy, NO_PROXY: "*.a.com" }, false],
  ["https://a.com", { HTTPS_PROXY: proxy, NO_PROXY: "*.a.com" }, true],
  ["https://a.com", { HTTPS_PROXY: proxy, NO_PROXY: "a.com:443" }, false],
  ["https://a.com:8443", { HTTPS_PROXY: proxy, NO_PROXY: "a.com:443" }, true],
  ["https://10.1.2.3", { HTTPS_PROXY: proxy, NO_PROXY: "10.0.0.0/8" }, false],
  ["https://11.1.2.3", { HTTPS_PROXY: proxy, no_proxy: "10.0.0.0/8" }, true],
  ["https://10.1.2.3", { HTTPS_PROXY: proxy, NO_PROXY: "10.1.2.3:443" }, false],
  ["https://[fd00::1]", { HTTPS_PROXY: proxy, NO_PROXY: "fd00::/8" }, false],
  ["https://[fd00::1]", { HTTPS_PROXY: proxy, NO_PROXY: "fd00::1" }, false],
  [
    "https://[fd00::1]:7",
    { HTTPS_PROXY: proxy, NO_PROXY: "[fd00::1]:7" },
    false,
  ],
])("%s with %o: %s", (address, environment, isProxied) => {
  expect(proxyFor(new URL(address), environment)?.href).toBe(
    isProxied ? `${proxy}/` : undefined,
  );
});

test("a proxy without a scheme is one of http", () => {
  const found = proxyFor(new URL("https://a"), { HTTPS_PROXY: "u:p@proxy:1" });
  expect(found?.href).toBe("http://u:p@proxy:1/");
});

test.each(["socks5://u:hidden@h", "http://u:hidden@"])(
  "%s is refused without a word of what it is",
  (address) => {
    const ask = () => proxyFor(new URL("https://a"), { HTTPS_PROXY: address });
    expect(ask).toThrow(
      "the proxy of the environment is no http:// or https:// address",
    );
  },
);
