import type { Location } from "../source.ts";
import type { HostBuiltin } from "./host-builtin.ts";

/** Hears the notes of a policy, and where they are made. */
export type NoteHook = (note: string, place: Location | undefined) => void;

/** `trace`: a note in the trace of an evaluation; always true. */
export function createTrace(hook: NoteHook): HostBuiltin {
  return {
    name: "trace",
    run: ([note], { place }) => {
      hook(String(note), place());
      return true;
    },
  };
}
