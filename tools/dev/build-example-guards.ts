import { spawnSync } from "node:child_process";

// `npm run example-guards`: compiles examples/guards, whose modules are kept
// beside their sources. A language whose compiler is not here is left out by name.

type Recipe = {
  readonly folder: string;
  /** Programs that do it, by any of their names; the first that is here is taken. */
  readonly programs: readonly string[];
  readonly args: readonly string[];
  /** What to install where none is here. */
  readonly needs: string;
};

const recipes: readonly Recipe[] = [
  {
    folder: "assemblyscript",
    programs: ["node_modules/.bin/asc"],
    args: [
      "guard.ts",
      "--runtime",
      "stub",
      "--use",
      "abort=",
      "-Oz",
      "-o",
      "guard.wasm",
    ],
    needs: "assemblyscript, which `npm ci` installs",
  },
  {
    folder: "c",
    programs: ["clang", "clang-19", "clang-16", "clang-14"],
    args: [
      "--target=wasm32",
      "-Os",
      "-nostdlib",
      "-ffreestanding",
      "-Wall",
      "-Wextra",
      "-Werror",
      "-Wl,--no-entry",
      "-Wl,-z,stack-size=4096",
      "-Wl,--strip-all",
      "-o",
      "guard.wasm",
      "guard.c",
    ],
    needs: "clang and lld with the target wasm32",
  },
  {
    folder: "rust",
    programs: ["rustc", "/usr/bin/rustc"],
    args: [
      "--edition=2021",
      "--target=wasm32-unknown-unknown",
      "--crate-type=cdylib",
      "-Copt-level=s",
      "-Cpanic=abort",
      "-Clto",
      "-Cstrip=symbols",
      "-Clink-arg=-zstack-size=16384",
      "-o",
      "guard.wasm",
      "guard.rs",
    ],
    needs: "rustc with the target wasm32-unknown-unknown",
  },
];

for (const recipe of recipes) {
  console.log(`${recipe.folder}: ${build(recipe)}`);
}

/** Tries each program, for one may be here without the target; tells how it ended. */
function build({ args, folder, needs, programs }: Recipe): string {
  let lastWords = "";
  for (const program of programs) {
    const path = program.startsWith("node_modules/")
      ? `${process.cwd()}/${program}`
      : program;
    const { error, status, stderr } = spawnSync(path, args, {
      cwd: `examples/guards/${folder}`,
      encoding: "utf8",
    });
    if (status === 0) {
      return "built";
    }
    lastWords = error ? lastWords : (stderr.trim().split("\n")[0] ?? "");
  }
  return `not built, it needs ${needs}${lastWords && ` (${lastWords})`}`;
}
