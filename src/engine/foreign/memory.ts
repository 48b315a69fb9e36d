import { PolicyError } from "../error.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Linear memory of a module that nobody vouches for: every place is checked. */
export class Memory {
  private readonly memory: WebAssembly.Memory;
  private view: Uint8Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.view = new Uint8Array(memory.buffer);
  }

  /** All of it; growing replaces the buffer. */
  get bytes(): Uint8Array {
    if (this.view.buffer !== this.memory.buffer) {
      this.view = new Uint8Array(this.memory.buffer);
    }
    return this.view;
  }

  /** A view of `length` bytes; `what` names them when they are not there. */
  read(at: number, length: number, what: string): Uint8Array {
    this.check(at, length, what);
    return this.bytes.subarray(at >>> 0, (at >>> 0) + length);
  }

  write(at: number, bytes: Uint8Array, what: string): void {
    this.check(at, bytes.length, what);
    this.bytes.set(bytes, at >>> 0);
  }

  text(at: number, length: number, what: string): string {
    return decode(this.read(at, length, what), what);
  }

  /** Text for people, whatever its bytes. */
  lossy(at: number, length: number, what: string): string {
    return new TextDecoder().decode(this.read(at, length, what));
  }

  /** NUL-terminated text of at most `greatest` bytes. */
  terminated(at: number, greatest: number, what: string): string {
    const start = at >>> 0;
    const room = this.bytes.subarray(start, start + greatest + 1);
    const length = room.indexOf(0);
    if (length < 0) {
      throw tooLong(what, greatest);
    }
    return decode(room.subarray(0, length), what);
  }

  private check(at: number, length: number, what: string): void {
    const end = (at >>> 0) + (length >>> 0);
    if (end > this.bytes.length) {
      throw new PolicyError(
        "guard_module_error",
        `${what} lies outside the module's memory`,
      );
    }
  }
}

/** Why something that a module hands over is not taken. */
export function tooLong(what: string, greatest: number): PolicyError {
  return new PolicyError(
    "eval_limit_error",
    `${what} has more than ${greatest} bytes`,
  );
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new PolicyError("guard_module_error", `${what} is not UTF-8`, {
      cause,
    });
  }
}
