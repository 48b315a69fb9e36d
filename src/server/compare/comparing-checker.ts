import type { Answer } from "../ext-authz/answer.ts";
import type { Checker } from "../ext-authz/check.ts";
import type { CheckRequest } from "../ext-authz/check-request.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";
import { toCheckResponse } from "../ext-authz/grpc-answer.ts";
import type { CheckOptions } from "../ext-authz/options.ts";
import { parseRequestPath } from "../ext-authz/request-path.ts";
import { hashSubject } from "../pipeline/subject.ts";
import type { CheckRecord } from "../pipeline/verdict.ts";
import {
  answerTexts,
  differencesOf,
  type Ignored,
  ownHeaders,
  ownMetadata,
} from "./answer-parts.ts";
import type { CompareSettings, Enforced } from "./compare-settings.ts";
import { toSample } from "./mask-sample.ts";
import { maskText } from "./mask-text.ts";
import type { Observations } from "./observations.ts";
import { type Reference, ReferenceFault } from "./reference.ts";
import { toReferenceAnswer } from "./response-answer.ts";
import { createRollout, type Rollout } from "./rollout.ts";

type ComparingOptions = {
  readonly settings: CompareSettings;
  readonly reference: Reference;
  readonly observations: Observations;
  /** Ours, whose records are marked with whose answer is meant to count. */
  readonly createNative: (mark: Mark) => Checker;
  readonly options: CheckOptions;
  /** A number from 0 to 1 for each check; tests bring their own. */
  readonly draw?: () => number;
};

export type Mark = (record: CheckRecord) => CheckRecord;

/** A checker that asks the reference too, and gives one of the two answers. */
export function createComparingChecker(given: ComparingOptions): Checker {
  return new ComparingChecker(given);
}

type Transport = CheckRecord["transport"];

/** A check on its way. */
type Under = {
  readonly request: CheckRequest;
  readonly transport: Transport;
  readonly path: string;
  readonly identity: string;
};

class ComparingChecker implements Checker {
  readonly #given: ComparingOptions;
  readonly #rollout: Rollout;
  readonly #ignored: Ignored;
  readonly #natives: Readonly<Record<Enforced, Checker>>;
  readonly #draw: () => number;
  #inFlight = 0;

  constructor(given: ComparingOptions) {
    const { createNative, settings } = given;
    const { headers, metadata, parts } = settings.ignore;
    this.#given = given;
    this.#rollout = createRollout(settings.rollout);
    this.#draw = given.draw ?? Math.random;
    this.#ignored = {
      parts: new Set(parts),
      headers: [...ownHeaders, ...headers],
      metadata: new Set([...ownMetadata, ...metadata]),
    };
    this.#natives = {
      native: createNative((record) => record),
      reference: createNative((record) => ({
        ...record,
        enforce: "reference",
      })),
      "deny-if-either": createNative((record) => ({
        ...record,
        enforce: "deny-if-either",
      })),
    };
  }

  async check(
    decode: () => CheckRequest,
    transport: Transport,
  ): Promise<Answer> {
    let request: CheckRequest;
    try {
      request = decode();
    } catch {
      // What cannot be read is for no reference: ours denies it.
      return this.#natives.native.check(decode, transport);
    }
    const under = describe(request, transport);
    const enforced = this.#rollout(under.path, under.identity)
      ? "native"
      : this.#given.settings.enforce;
    return enforced === "native"
      ? this.#checkNative(under)
      : this.#checkBoth(under, enforced);
  }

  /** Ours counts; the reference is asked when it is answered. */
  async #checkNative(under: Under): Promise<Answer> {
    const { observations, settings } = this.#given;
    const answer = await this.#ours(under, "native");
    observations.enforced("native");
    if (this.#draw() * 100 < settings.samplePercent) {
      setImmediate(() => {
        void this.#observe(under, Promise.resolve(answer), this.#ask(under));
      });
    }
    return answer;
  }

  /** The reference counts, or a denial of either; ours alone where it has no answer in time. */
  async #checkBoth(
    under: Under,
    enforced: "reference" | "deny-if-either",
  ): Promise<Answer> {
    const { observations } = this.#given;
    const asked = this.#ask(under);
    // The reference is on its way while ours is judged.
    const ours = this.#ours(under, enforced);
    void this.#observe(under, ours, asked);
    const response = await asked?.catch(() => undefined);
    const theirs = response && toReferenceAnswer(response);
    if (!theirs || !canSay(theirs, under.transport)) {
      observations.enforced("native");
      return ours;
    }
    if (enforced === "deny-if-either" && theirs.kind === "allow") {
      observations.enforced("native");
      return ours;
    }
    observations.enforced("reference");
    return theirs;
  }

  #ours({ request, transport }: Under, enforced: Enforced): Promise<Answer> {
    return this.#natives[enforced].check(() => request, transport);
  }

  /** The reference's answer, in time; undefined when too many are asked for. */
  #ask({ request }: Under): Promise<CheckResponse> | undefined {
    const { reference, settings } = this.#given;
    if (this.#inFlight >= settings.maxInFlight) {
      return undefined;
    }
    this.#inFlight += 1;
    return inTime(reference.ask(request), settings.timeoutMs).finally(() => {
      this.#inFlight -= 1;
    });
  }

  async #observe(
    under: Under,
    ours: Promise<Answer>,
    asked: Promise<CheckResponse> | undefined,
  ): Promise<void> {
    const { observations } = this.#given;
    if (asked === undefined) {
      observations.skipped();
      return;
    }
    try {
      const response = await asked;
      this.#compare(under, await ours, response);
    } catch (error) {
      observations.fault(
        error instanceof ReferenceFault ? error.kind : "failed",
      );
    }
  }

  #compare(under: Under, ours: Answer, response: CheckResponse): void {
    const { observations, options } = this.#given;
    const ignored = this.#ignored;
    const native = toCheckResponse(ours, options);
    const differences = differencesOf(
      answerTexts(response, ignored),
      answerTexts(native, ignored),
      ignored,
    );
    if (differences.length === 0) {
      observations.same();
      return;
    }
    const { identity, path, request } = under;
    observations.different({
      rule: String(ours.metadata["guard"] || "pipeline"),
      path: withoutIds(maskText(path)),
      identity: identity === "" ? "" : hashSubject(identity),
      differences,
      sample: () =>
        toSample({
          request,
          reference: response,
          native,
          ignored,
          differences,
        }),
    });
  }
}

function describe(request: CheckRequest, transport: Transport): Under {
  const { request: asked, source } = request.attributes ?? {};
  const raw = asked?.http?.path ?? "";
  return {
    request,
    transport,
    path: parseRequestPath(raw)?.normalised ?? raw.split("?", 1)[0] ?? "",
    identity: source?.principal ?? "",
  };
}

/** HTTP mode has no words for a changed query. */
function canSay(answer: Answer, transport: Transport): boolean {
  const { queryParametersToRemove, queryParametersToSet } = answer;
  return (
    transport === "grpc" ||
    queryParametersToRemove.length + queryParametersToSet.length === 0
  );
}

/** Rejects when the time is up, whatever the reference keeps to. */
function inTime<T>(asked: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new ReferenceFault("timeout", `no answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/** Numbers and long hexadecimal words name things, not kinds of things. */
function withoutIds(path: string): string {
  return path
    .split("/")
    .map((part) =>
      /^\d+$|^[0-9a-f]{8,}$|^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(part)
        ? "*"
        : part,
    )
    .join("/");
}
