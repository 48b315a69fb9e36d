import {
  type ForeignAnswer,
  type ForeignGuard,
  type Policy,
  PolicyError,
} from "../engine/index.ts";
import type { GuardStep } from "./manifest.ts";

/** The least input a check can have. */
const minimalInput = {
  attributes: {
    source: { address: {} },
    destination: { address: {} },
    request: {
      http: {
        method: "GET",
        path: "/",
        host: "",
        protocol: "HTTP/1.1",
        headers: {},
      },
    },
  },
  parsed_path: [""],
  parsed_query: {},
  parsed_body: null,
  truncated_body: false,
  path: { raw: "/", normalised: "/", segments: [] },
};

const encoded = new TextEncoder().encode(JSON.stringify(minimalInput));

/**
 * Runs every guard once, which warms it too. Only a failure counts: what a
 * guard says about an empty request is its own business.
 */
export async function selfTest({
  policy,
  pipeline,
  foreign,
}: {
  readonly policy: Policy;
  readonly pipeline: readonly GuardStep[];
  readonly foreign: ReadonlyMap<string, ForeignGuard>;
}): Promise<void> {
  const decision = policy.start(minimalInput);
  for (const { guard, mode, limits } of pipeline) {
    if (mode === "off") {
      continue;
    }
    try {
      // A cold start may be slow; the other limits are the guard's own.
      const patient = { ...limits, deadlineMs: 2_000 };
      const module = foreign.get(guard);
      if (module) {
        checkAnswer(module.evaluate(encoded, patient));
      } else {
        await decision.evaluateAsync(`guards/${guard}/verdict`, patient);
      }
    } catch (error) {
      const fault = PolicyError.from(error);
      throw new PolicyError(
        fault.code,
        `guard \`${guard}\` fails on an empty request: ${fault.rawMessage}`,
        { location: fault.location, cause: fault },
      );
    }
  }
}

function checkAnswer(answer: ForeignAnswer): void {
  if ("error" in answer) {
    throw answer.error;
  }
}
