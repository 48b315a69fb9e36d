/**
 * Thrown through the sandbox when a builtin answers later: the evaluation
 * begins again once `answered` is kept. It never fails.
 */
export class Suspension extends Error {
  override readonly name = "Suspension";
  /** The builtin that is awaited. */
  readonly builtin: string;
  readonly answered: Promise<unknown>;

  constructor(builtin: string, answered: Promise<unknown>) {
    super(`\`${builtin}\` answers later`);
    this.builtin = builtin;
    this.answered = answered;
  }
}
