// Compiles the sandbox runtime and embeds it: src/engine/runtime/gen/.
// Does nothing when the sources have not changed. Plain Node: `npm ci` runs it.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";

const source = "src/engine/runtime/assembly";
const output = "src/engine/runtime/gen/runtime-wasm.ts";

const flags = [
  "--importMemory",
  "--initialMemory",
  "5",
  "--runtime",
  "stub",
  // The header that the linker writes is below. So high that no other constant
  // of the code or the tables looks like an address: what nothing reads of the
  // static data, the linker leaves out.
  "--memoryBase",
  "262144",
  "--use",
  "abort=",
  "--noAssert",
  "--uncheckedBehavior",
  "always",
  "-O3",
  // Strings are scanned sixteen bytes at a time.
  "--enable",
  "simd",
];

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [path];
    })
    .sort();
}

function digest() {
  const hash = createHash("sha256").update(flags.join(" "));
  for (const file of listFiles(source)) {
    hash.update(file).update(readFileSync(file));
  }
  return hash.update(readFileSync("tools/dev/build-runtime.mjs")).digest("hex");
}

async function compileRuntime() {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-runtime-"));
  const file = join(folder, "runtime.wasm");
  const { error, stderr } = await asc.main([
    join(source, "index.ts"),
    ...flags,
    "--outFile",
    file,
  ]);
  if (error) {
    process.stderr.write(stderr.toString());
    throw error;
  }
  const wasm = readFileSync(file);
  rmSync(folder, { recursive: true });
  return wasm;
}

/**
 * The import policy.eval becomes a defined function, exported as policy_eval,
 * whose body the linker replaces. The optimizer has seen an import, so it has
 * assumed nothing about it.
 */
function defineDispatcher(wasm) {
  const module = binaryen.readBinary(wasm);
  const {
    MutableGlobals,
    NontrappingFPToInt,
    BulkMemory,
    BulkMemoryOpt,
    SignExt,
    SIMD128,
  } = binaryen.Features;
  module.setFeatures(
    MutableGlobals |
      NontrappingFPToInt |
      BulkMemory |
      BulkMemoryOpt |
      SignExt |
      SIMD128,
  );
  for (let index = 0; index < module.getNumFunctions(); index += 1) {
    const info = binaryen.getFunctionInfo(module.getFunctionByIndex(index));
    if (info.module === "policy" && info.base === "eval") {
      module.removeFunction(info.name);
      module.addFunction(
        info.name,
        info.params,
        info.results,
        [],
        module.unreachable(),
      );
      module.addFunctionExport(info.name, "policy_eval");
      return module.emitBinary();
    }
  }
  throw new Error("the runtime does not import policy.eval");
}

/** What the module's rt_static_end gives: where its static data ends. */
function staticEnd(wasm) {
  const stub = () => 0;
  const env = {
    memory: new WebAssembly.Memory({ initial: 5 }),
    opa_abort: stub,
    opa_println: stub,
  };
  for (let count = 0; count <= 4; count += 1) {
    env[`opa_builtin${count}`] = stub;
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
    env,
  });
  return exports.rt_static_end();
}

const hash = digest();
if (!existsSync(output) || !readFileSync(output, "utf8").includes(hash)) {
  const wasm = defineDispatcher(await compileRuntime());
  mkdirSync(dirname(output), { recursive: true });
  // Written aside and renamed, for several builds may run at once.
  const aside = `${output}.${process.pid}`;
  writeFileSync(
    aside,
    [
      `// Made by tools/dev/build-runtime.mjs from ${source}, digest ${hash}.`,
      "/** The sandbox runtime as base64. */",
      `export const runtimeBase64 =\n  "${Buffer.from(wasm).toString("base64")}";`,
      "",
      "/** Of its sources: another digest may be another runtime. */",
      `export const runtimeDigest =\n  "${hash}";`,
      "",
      "/** Where its static data ends; the policy's constants follow. */",
      `export const runtimeStaticEnd = ${staticEnd(wasm)};`,
      "",
    ].join("\n"),
  );
  renameSync(aside, output);
}
