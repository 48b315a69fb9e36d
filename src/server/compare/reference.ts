import type { CheckRequest } from "../ext-authz/check-request.ts";
import type { CheckResponse } from "../ext-authz/check-response.ts";

/** Who answers checks beside us. */
export type Reference = {
  /** Rejects with a ReferenceFault when there is no answer, or none in time. */
  ask(request: CheckRequest): Promise<CheckResponse>;
  close(): Promise<void> | void;
};

/** Why there is no answer of a reference. */
export type FaultKind = "timeout" | "unreachable" | "failed" | "garbage";

/** A reference that did not answer: counted, never a denial. */
export class ReferenceFault extends Error {
  override readonly name = "ReferenceFault";
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
