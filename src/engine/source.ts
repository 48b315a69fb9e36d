/** Where in a source file something is; both numbers count from 1. */
export type Location = {
  readonly file: string;
  readonly row: number;
  readonly col: number;
  /** The source of what stands there, where the parser kept it. */
  readonly text?: string;
  /** Where `text` or the token begins, in UTF-16 units from the file's start. */
  readonly offset?: number;
};
