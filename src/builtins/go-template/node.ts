/** A node with its place in the source and its own text, which errors show. */
export type Place = { readonly at: number; readonly shown: string };

export type Operand = Place &
  (
    | { readonly kind: "dot" | "nil" }
    | { readonly kind: "bool"; readonly value: boolean }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "number"; readonly value: bigint | number }
    | { readonly kind: "field"; readonly names: readonly string[] }
    | {
        readonly kind: "variable";
        readonly name: string;
        readonly names: readonly string[];
      }
    | { readonly kind: "identifier"; readonly name: string }
    | { readonly kind: "pipe"; readonly pipe: Pipe }
    | {
        readonly kind: "chain";
        readonly of: Operand;
        readonly names: readonly string[];
      }
  );

export type Command = Place & { readonly operands: readonly Operand[] };

export type Pipe = Place & {
  readonly variables: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly Command[];
};

export type Node = Place &
  (
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "action"; readonly pipe: Pipe }
    | {
        readonly kind: "if" | "with" | "range";
        readonly pipe: Pipe;
        readonly list: readonly Node[];
        readonly otherwise: readonly Node[] | undefined;
      }
    | {
        readonly kind: "template";
        readonly name: string;
        readonly pipe: Pipe | undefined;
      }
    | { readonly kind: "break" | "continue" }
  );

export type Templates = ReadonlyMap<string, readonly Node[]>;
