import { BuiltinError } from "../../engine/builtins/index.ts";

/** A fault of GraphQL text at a place in it. */
export class GraphqlError extends BuiltinError {
  constructor(text: string, line: number, column: number) {
    super(`${text} in GraphQL string at location ${line}:${column}`);
  }
}
