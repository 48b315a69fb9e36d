/** What one evaluation may use; absent means unlimited. */
export type Limits = {
  /** Units of work: function entries, loop turns, elements touched. */
  readonly fuel?: number | undefined;
  /** Linear memory, in pages of 64 KiB. */
  readonly memoryPages?: number | undefined;
  /** Wall-clock time in milliseconds. */
  readonly deadlineMs?: number | undefined;
};
