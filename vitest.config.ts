import { defineConfig } from "vitest/config";
import { CountReporter } from "./test/support/count-reporter.ts";

/** `npm test` runs everything that needs no other program; e2e and oracle are projects of their own. */
export default defineConfig({
  test: {
    reporters: ["default", new CountReporter()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Half of the files spawn programs and wait: a core that is left free by default would idle.
    maxWorkers: "100%",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{src,tools,test}/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/oracle/**"],
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "oracle",
          include: ["test/oracle/**/*.test.ts"],
          testTimeout: 600_000,
          // OPA works in processes of its own while another batch compiles here.
          maxConcurrency: 3,
        },
      },
    ],
  },
});
