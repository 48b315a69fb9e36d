import type { DestinationStream } from "pino";

/**
 * Writes lines to a stream, those of one turn of the event loop together: a
 * server under load has many checks in one turn, and a write costs as much as a
 * small decision.
 */
export class LineBatch {
  readonly #stream: DestinationStream;
  #waiting = "";

  constructor(stream: DestinationStream) {
    this.#stream = stream;
  }

  /** Takes a line without its end. */
  add(line: string): void {
    if (this.#waiting === "") {
      setImmediate(() => this.flush());
    }
    this.#waiting += `${line}\n`;
  }

  /** Hands what waits to the stream at once. */
  flush(): void {
    const lines = this.#waiting;
    this.#waiting = "";
    if (lines !== "") {
      this.#stream.write(lines);
    }
  }
}
