import {
  decodeConstant,
  type IndexSpaces,
  readReferenceType,
} from "./decode-code.ts";
import {
  type ElementSegment,
  type Instruction,
  valueType,
} from "./foreign-module.ts";
import { opcode } from "./instructions.ts";
import { refusal, type StrictReader } from "./strict-reader.ts";

// What the number in front of a segment says, bit by bit.
const form = { notActive: 1, explicit: 2, expressions: 4 } as const;

/** Reads a segment of the element section in any of its eight forms. */
export function decodeElement(
  reader: StrictReader,
  spaces: IndexSpaces,
): ElementSegment {
  const at = reader.position;
  const flags = reader.unsigned();
  if (flags > 7) {
    throw refusal(`an element segment of the form ${flags}`, at);
  }
  const isActive = (flags & form.notActive) === 0;
  const isExplicit = (flags & form.explicit) !== 0;
  const table =
    isActive && isExplicit ? reader.below(spaces.tables, "table") : 0;
  if (isActive && spaces.tables === 0) {
    throw refusal("there is no table 0", at);
  }
  const offset = isActive ? decodeConstant(reader, spaces) : [];
  const ofExpressions = (flags & form.expressions) !== 0;
  const type =
    isActive && !isExplicit
      ? valueType.funcref
      : readType(reader, ofExpressions);
  const items = reader.list((r) =>
    ofExpressions ? decodeConstant(r, spaces) : functionItem(r, spaces),
  );
  const mode = modeOf(isActive, isExplicit);
  return { mode, table, type, offset, items };
}

function modeOf(
  isActive: boolean,
  isExplicit: boolean,
): ElementSegment["mode"] {
  if (isActive) {
    return "active";
  }
  return isExplicit ? "declared" : "passive";
}

function readType(reader: StrictReader, ofExpressions: boolean): number {
  if (!ofExpressions) {
    reader.expect(0x00, "the kind of an element segment");
    return valueType.funcref;
  }
  return readReferenceType(reader, "an element segment");
}

/** A function's index as the expression that means the same. */
function functionItem(
  reader: StrictReader,
  spaces: IndexSpaces,
): readonly Instruction[] {
  const start = reader.position;
  const index = reader.below(spaces.functions, "function");
  const end = reader.position;
  const common = { sub: 0, other: 0, targets: [] };
  return [
    { ...common, code: opcode.refFunc, index, start, end },
    { ...common, code: opcode.end, index: 0, start: end, end },
  ];
}
