import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runOwn, treeOf } from "../../test/support/command-line.ts";

function run(...args: string[]) {
  return runOwn(args);
}

describe("usage", () => {
  test("help lists the commands", () => {
    const { status, stdout } = run("help");
    expect(status).toBe(0);
    expect(stdout).toContain("serve");
    expect(stdout).toContain("portcullis COMMAND --help");
  });

  test("an unknown command names the nearest", () => {
    const { status, stderr } = run("sreve");
    expect(status).toBe(1);
    expect(stderr).toContain("did you mean `serve`?");
  });

  test("an unknown flag is a usage error", () => {
    expect(run("test", "--verbos").status).toBe(1);
  });

  test("each command explains itself", () => {
    expect(run("test", "--help").stdout).toContain("--verbose");
  });
});

describe("check", () => {
  test("silent on success", () => {
    const folder = treeOf({ "a.rego": "package a\n\np if input.x\n" });
    expect(run("check", folder)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("a parse error has file, row, column and a frame", () => {
    const folder = treeOf({ "a.rego": "package a\n\np if {\n" });
    const { status, stderr } = run("check", folder);
    expect(status).toBe(1);
    expect(stderr).toMatch(/a\.rego:\d+:\d+: rego_parse_error: /);
  });

  test("an unsafe variable is named", () => {
    const folder = treeOf({ "a.rego": "package a\n\np if x > 1\n" });
    const { status, stderr } = run("check", folder);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "a.rego:3:6: rego_unsafe_var_error: var x is unsafe",
    );
    expect(stderr).toContain("p if x > 1");
  });

  const misspelt =
    'package guards.a\n\nverdict if input.attributes.request.http.mehtod == "GET"\n';

  test("a guard's input has the server's fields", () => {
    const { status, stderr } = run("check", treeOf({ "guard.rego": misspelt }));
    expect(status).toBe(1);
    expect(stderr).toContain(
      "guard.rego:3:12: rego_type_error: undefined ref: input.attributes.request.http.mehtod",
    );
  });

  test("a guard's input is anything when told so", () => {
    const folder = treeOf({ "guard.rego": misspelt });
    const { status } = run("check", "--no-guard-schema", folder);
    expect(status).toBe(0);
  });

  test("the input has the type of its schema", () => {
    const folder = treeOf({
      "a.rego": "package a\n\np if input.x == 1\n",
      "input-schema.json": '{"properties": {"x": {"type": "string"}}}',
    });
    const schema = join(folder, "input-schema.json");
    const { status, stderr } = run(
      "check",
      "--schema",
      schema,
      join(folder, "a.rego"),
    );
    expect(status).toBe(1);
    expect(stderr).toContain("a.rego:3:6: rego_type_error: match error");
  });

  test("a missing path is named", () => {
    const { status, stderr } = run("check", "no-such-folder");
    expect(status).toBe(1);
    expect(stderr).toContain("no-such-folder");
  });
});

describe("test", () => {
  const passing = "package a_test\n\ntest_one if 1 + 1 == 2\n";

  test("all pass", () => {
    const { status, stdout } = run("test", treeOf({ "a_test.rego": passing }));
    expect(stdout).toBe("PASS: 1/1\n");
    expect(status).toBe(0);
  });

  test("verbose names the test and its place", () => {
    const { stdout } = run("test", "-v", treeOf({ "a_test.rego": passing }));
    expect(stdout).toMatch(
      /a_test\.rego:3:\ndata\.a_test\.test_one: PASS \([\d.]+(µs|ms)\)\n-{80}\nPASS: 1\/1\n/,
    );
  });

  test.each([
    { note: "undefined", rule: "test_x if 1 == 2", label: "FAIL" },
    { note: "not true", rule: "test_x := 1", label: "FAIL" },
    {
      note: "builtin error",
      rule: 'test_x if to_number("x") == 1',
      label: "FAIL",
    },
    { note: "todo", rule: "todo_test_x if true", label: "SKIPPED" },
    {
      note: "conflict",
      rule: "test_x := x if some x in [true, false]",
      label: "ERROR",
    },
  ])("$note is $label and exits 2", ({ rule, label }) => {
    const folder = treeOf({ "a_test.rego": `package a_test\n\n${rule}\n` });
    const { status, stdout } = run("test", folder);
    expect(stdout).toContain(`${label}: 1/1`);
    expect(status).toBe(2);
  });

  test("-z lets a skipped test pass", () => {
    const folder = treeOf({
      "a_test.rego": "package a_test\n\ntodo_test_x if true\n",
    });
    expect(run("test", "-z", folder).status).toBe(0);
  });

  test("a file that does not compile exits 1", () => {
    const folder = treeOf({
      "a_test.rego": "package a_test\n\ntest_x if {",
    });
    expect(run("test", folder).status).toBe(1);
  });

  test("--run chooses by full name", () => {
    const folder = treeOf({
      "a_test.rego": `${passing}\ntest_two if false\n`,
    });
    expect(run("test", "--run", "test_one$", folder).stdout).toBe(
      "PASS: 1/1\n",
    );
  });
});

describe("eval", () => {
  test("prints results as OPA does, numbers as they are", () => {
    const folder = treeOf({
      "input.json": `{"n": 12345678901234567890}`,
      "p.rego": "package p\n\nr := input.n + 1\n",
    });
    const { status, stdout } = run(
      ...["eval", "-d", folder, "-i", join(folder, "input.json")],
      ...["-f", "raw", "data.p.r"],
    );
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: "12345678901234567891\n",
    });
  });

  test("a fault has its place in the query, and exits with 2", () => {
    const { status, stderr } = run("eval", "-f", "pretty", "1 + foo(2)");
    expect(status).toBe(2);
    expect(stderr).toBe(
      "1 error occurred: 1:5: rego_type_error: undefined function foo\n",
    );
  });

  test("--fail exits with 1 when there is nothing", () => {
    expect(run("eval", "--fail", "data.nothing").status).toBe(1);
    expect(run("eval", "--fail-defined", "true").status).toBe(1);
    expect(run("eval", "data.nothing").status).toBe(0);
  });

  test.each(["--metrics", "--instrument"])(
    "%s tells what took how long",
    (flag) => {
      const { stdout } = run("eval", flag, "1");
      expect(JSON.parse(stdout).metrics).toMatchObject({
        timer_rego_query_eval_ns: expect.any(Number),
      });
    },
  );

  test("a file that is not there is named", () => {
    const { status, stdout } = run("eval", "-d", "none.rego", "1");
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      errors: [{ message: "stat none.rego: no such file or directory" }],
    });
  });

  test.each([
    {
      flags: ["--import", "none"],
      text: "1 error occurred: 1:8: rego_parse_error: unexpected import path",
    },
    {
      flags: ["--package", "p q"],
      text: "rego_parse_error: expected exactly one statement",
    },
  ])("$flags is refused as such", ({ flags, text }) => {
    const { status, stderr } = run("eval", ...flags, "-f", "pretty", "1");
    expect(stderr).toContain(text);
    expect(status).toBe(2);
  });

  test.each([["--partial"], ["--unknowns", "input"], ["-f", "source"]])(
    "%s says that partial evaluation is not supported",
    (...flags) => {
      const { status, stderr } = run("eval", ...flags, "1");
      expect(stderr).toContain("partial evaluation");
      expect(status).toBe(1);
    },
  );

  test("a format that is none lists those that are", () => {
    const { stderr } = run("eval", "-f", "yaml", "1");
    expect(stderr).toContain("--format cannot be `yaml`; it is one of json");
  });
});

describe("parse", () => {
  test("prints the tree, numbers as they are written", () => {
    const folder = treeOf({ "a.rego": "package a\n\np := 1e2\n" });
    const { status, stdout } = run("parse", join(folder, "a.rego"));
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `module
 package
  ref
   data
   "a"
 rule
  head
   ref
    p
   1e2
  body
   expr index=0
    true
`,
    });
  });

  test("a fault is JSON on standard error, as OPA has it", () => {
    const folder = treeOf({ "a.rego": "package a\np if {" });
    const { status, stderr } = run("parse", join(folder, "a.rego"));
    expect(status).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      errors: [
        {
          message: "unexpected eof token",
          details: { line: "p if {", idx: 5 },
        },
      ],
    });
  });
});

describe("capabilities", () => {
  test("what it prints is a file for --capabilities", () => {
    const { stdout } = run("capabilities", "--current");
    const folder = treeOf({
      "capabilities.json": stdout,
      "a.rego": "package a\n\np := count([1])\n",
    });
    const file = join(folder, "capabilities.json");
    expect(
      run("check", "--capabilities", file, join(folder, "a.rego")).status,
    ).toBe(0);
    expect(run("capabilities").stdout).toBe("v1.20.1\n");
  });
});
