import { expect, test } from "vitest";
import {
  compile,
  createDataImage,
  liveMemories,
  loadPolicy,
  toModule,
} from "../../src/engine/index.ts";

const rules = `package p

all := data.docs

lookup := data.docs.people[input.name].roles

names contains name if some name, _ in data.docs.people
`;

async function moduleOf(text: string): Promise<WebAssembly.Module> {
  const compiled = compile({
    modules: { "p.rego": text },
    entrypoints: ["p/all", "p/lookup", "p/names"],
  });
  if ("errors" in compiled) {
    throw compiled.errors[0];
  }
  return toModule(compiled.policy.wasm);
}

const docs = {
  people: Object.fromEntries(
    Array.from({ length: 20_000 }, (_, at) => [
      `name ${at} ü`,
      { roles: [at, `role ${at}`, null, 1.5, at % 2 === 0] },
    ]),
  ),
};
const json = new TextEncoder().encode(JSON.stringify({ docs }));

test("data laid out once is the same in every instance of the module", async () => {
  const module = await moduleOf(rules);
  const image = createDataImage(module, json);
  // Several slices, the last one not full.
  expect(image.bytes.length).toBeGreaterThan(2 << 18);
  let pauses = 0;
  const options = {
    image,
    pause: async () => {
      pauses += 1;
    },
  };
  const [one, other] = [
    await loadPolicy(module, options),
    await loadPolicy(module, options),
  ];
  expect(pauses).toBe(2 * Math.ceil(image.bytes.length / (1 << 18)));
  const plain = await loadPolicy(module, { data: json });
  for (const policy of [one, other, plain]) {
    const ask = (entrypoint: string, name = "") =>
      policy.evaluate({ name }, { entrypoint });
    expect(ask("p/lookup", "name 19999 ü")).toEqual(
      docs.people["name 19999 ü"]?.roles,
    );
    expect(ask("p/lookup", "nobody")).toBeUndefined();
    expect(ask("p/all")).toEqual(docs);
    expect(ask("p/names")).toHaveLength(20_000);
  }
  expect(one.memoryBytes).toBeLessThan(plain.memoryBytes * 1.5);
});

test("an image of another module is refused", async () => {
  const image = createDataImage(await moduleOf(rules), json);
  const other = await moduleOf(
    `${rules}\nconstants := ${JSON.stringify(Array.from({ length: 2_000 }, (_, at) => `text ${at}`))}\nlookup := constants if input.x\n`,
  );
  await expect(loadPolicy(other, { image })).rejects.toMatchObject({
    code: "internal_error",
  });
});

test("what is no JSON has no image", async () => {
  const module = await moduleOf(rules);
  const broken = new TextEncoder().encode("{");
  expect(() => createDataImage(module, broken)).toThrow(
    "eval_input_error: the document is not one JSON value",
  );
});

test("the memories of a thread are counted", async () => {
  const module = await moduleOf(rules);
  const before = liveMemories();
  const kept = [await loadPolicy(module), await loadPolicy(module)];
  // Of earlier tests some may go meanwhile.
  expect(liveMemories()).toBeGreaterThan(0);
  expect(liveMemories()).toBeLessThanOrEqual(before + kept.length);
});
