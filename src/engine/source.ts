/** Where in a source file something is; both numbers count from 1. */
export type Location = {
  readonly file: string;
  readonly row: number;
  readonly col: number;
};
