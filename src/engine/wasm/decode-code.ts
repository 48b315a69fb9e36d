import type {
  ForeignFunction,
  FunctionType,
  Instruction,
} from "./foreign-module.ts";
import { valueType } from "./foreign-module.ts";
import { type Immediate, immediateOf, opcode, prefix } from "./instructions.ts";
import { refusal, type StrictReader } from "./strict-reader.ts";

/** How many of each thing a module has; what an index may name is below that. */
export type IndexSpaces = {
  readonly types: readonly FunctionType[];
  readonly functions: number;
  readonly tables: number;
  readonly memories: number;
  readonly globals: number;
  readonly elements: number;
  /** Known only to a module that says it before its code. */
  readonly data: number | undefined;
};

/** What stands behind the prefix of the instructions on blocks of memory and tables. */
export const bulk = {
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elementDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const;

const valueTypes: ReadonlySet<number> = new Set(Object.values(valueType));

// As many as engines allow a function.
const maxLocals = 50_000;

/** Reads a value type. */
export function readValueType(reader: StrictReader): number {
  const at = reader.position;
  const type = reader.byte();
  if (!valueTypes.has(type)) {
    throw refusal(`a value has the unknown type 0x${type.toString(16)}`, at);
  }
  return type;
}

const referenceTypes: ReadonlySet<number> = new Set([
  valueType.funcref,
  valueType.externref,
]);

/** Reads a type of references; `what` has it. */
export function readReferenceType(reader: StrictReader, what: string): number {
  const at = reader.position;
  const type = reader.byte();
  if (!referenceTypes.has(type)) {
    throw refusal(`${what} has the unknown type 0x${type.toString(16)}`, at);
  }
  return type;
}

/** Reads the body of a function of the code section. */
export function decodeFunction(
  reader: StrictReader,
  type: number,
  spaces: IndexSpaces,
): ForeignFunction {
  const body = reader.part(reader.unsigned());
  const locals = body.list((r) => [r.unsigned(), readValueType(r)] as const);
  const declared = locals.reduce((sum, [count]) => sum + count, 0);
  if (declared > maxLocals) {
    body.refuse(`a function has ${declared} locals`);
  }
  const parameters = spaces.types[type]?.parameters.length ?? 0;
  const decoder = new CodeDecoder(body, spaces, parameters + declared);
  const code = decoder.expression();
  if (!body.atEnd) {
    body.refuse("a function goes on behind its end");
  }
  return { type, locals, code };
}

// What the value of a global or the place of a segment may be made of.
const constantCodes: ReadonlySet<number> = new Set([
  opcode.end,
  opcode.globalGet,
  opcode.i32Const,
  opcode.i64Const,
  opcode.f32Const,
  opcode.f64Const,
  opcode.refNull,
  opcode.refFunc,
]);

/** Reads an expression that is evaluated before any code runs. */
export function decodeConstant(
  reader: StrictReader,
  spaces: IndexSpaces,
): readonly Instruction[] {
  const code = new CodeDecoder(reader, spaces, 0).expression();
  const other = code.find((one) => !constantCodes.has(one.code));
  if (other) {
    throw refusal(
      `${nameOf(other.code, other.sub)} in a constant expression`,
      other.start,
    );
  }
  return code;
}

/** An instruction's number, as refusals name it. */
function nameOf(code: number, sub: number): string {
  const number = `0x${code.toString(16).padStart(2, "0")}`;
  return code === prefix.bulk || code === prefix.simd
    ? `the instruction ${number} ${sub}`
    : `the instruction ${number}`;
}

// What engines know and guards may not use, by the first byte.
const families: ReadonlyMap<number, string> = new Map([
  [0xfe, "threads"],
  [0xfb, "garbage collection"],
  [0x06, "exceptions"],
  [0x07, "exceptions"],
  [0x08, "exceptions"],
  [0x09, "exceptions"],
  [0x0a, "exceptions"],
  [0x18, "exceptions"],
  [0x19, "exceptions"],
  [0x1f, "exceptions"],
  [0x12, "tail calls"],
  [0x13, "tail calls"],
]);

const none: readonly number[] = [];

class CodeDecoder {
  private readonly reader: StrictReader;
  private readonly spaces: IndexSpaces;
  private readonly locals: number;
  private depth = 1;
  private index = 0;
  private other = 0;
  private targets: readonly number[] = none;

  constructor(reader: StrictReader, spaces: IndexSpaces, locals: number) {
    this.reader = reader;
    this.spaces = spaces;
    this.locals = locals;
  }

  /** The instructions up to the `end` of the expression, which is the last of them. */
  expression(): Instruction[] {
    const found: Instruction[] = [];
    while (this.depth > 0) {
      found.push(this.instruction());
    }
    return found;
  }

  private instruction(): Instruction {
    const { reader } = this;
    const start = reader.position;
    const code = reader.byte();
    const isPrefixed = code === prefix.bulk || code === prefix.simd;
    const sub = isPrefixed ? reader.unsigned() : 0;
    const immediate = immediateOf(code, sub);
    if (immediate === undefined) {
      const family = families.get(code);
      const why = family === undefined ? "is not known" : `is of ${family}`;
      throw refusal(`${nameOf(code, sub)} ${why}`, start);
    }
    this.index = 0;
    this.other = 0;
    this.targets = none;
    this.nest(code);
    this.operands(code, sub, immediate);
    const { index, other, targets } = this;
    return { code, sub, index, other, targets, start, end: reader.position };
  }

  private nest(code: number): void {
    if (code === opcode.block || code === opcode.loop || code === opcode.if) {
      this.depth += 1;
    } else if (code === opcode.end) {
      this.depth -= 1;
    }
  }

  private operands(code: number, sub: number, immediate: Immediate): void {
    const { reader } = this;
    switch (immediate) {
      case "none":
        return;
      case "blockType":
        this.blockType();
        return;
      case "index":
        this.index = this.bounded(code, sub);
        return;
      case "twoIndices":
        this.twoIndices(code, sub);
        return;
      case "indices":
        this.selectType();
        return;
      case "branchTable":
        this.targets = reader.list(() => this.label());
        this.index = this.label();
        return;
      case "function":
        this.index = this.reader.below(this.spaces.functions, "function");
        return;
      case "global":
        this.index = this.reader.below(this.spaces.globals, "global");
        return;
      case "i32":
        reader.signed(32);
        return;
      case "i64":
        reader.signed(64);
        return;
      default:
        this.plainBytes(code, immediate);
    }
  }

  private plainBytes(code: number, immediate: Immediate): void {
    const { reader } = this;
    switch (immediate) {
      case "memory":
      case "memoryLane":
        this.memoryArgument();
        if (immediate === "memoryLane") {
          reader.byte();
        }
        return;
      case "oneByte":
        if (code === opcode.memorySize || code === opcode.memoryGrow) {
          this.memoryIndex();
        } else {
          reader.byte();
        }
        return;
      case "fourBytes":
        reader.take(4);
        return;
      case "eightBytes":
        reader.take(8);
        return;
      default:
        reader.take(16);
    }
  }

  private label(): number {
    return this.reader.below(this.depth, "label");
  }

  /** The one memory, which a byte that was reserved for others names. */
  private memoryIndex(): void {
    if (this.spaces.memories === 0) {
      this.reader.refuse("there is no memory");
    }
    this.reader.expect(0x00, "the memory of an instruction");
  }

  private memoryArgument(): void {
    const { reader } = this;
    const at = reader.position;
    const alignment = reader.unsigned();
    // From 64 on the number would tell another memory.
    if (alignment > 4 || this.spaces.memories === 0) {
      throw refusal(`a memory access is aligned to 2^${alignment}`, at);
    }
    reader.unsigned();
  }

  private blockType(): void {
    const { reader } = this;
    const at = reader.position;
    const first = reader.bytes[at] ?? 0;
    if (first === 0x40 || valueTypes.has(first)) {
      reader.byte();
      return;
    }
    const type = reader.signed(33);
    if (type < 0 || type >= this.spaces.types.length) {
      throw refusal("a block has an unknown type", at);
    }
  }

  private selectType(): void {
    const at = this.reader.position;
    const types = this.reader.list(readValueType);
    if (types.length !== 1) {
      throw refusal("`select` has not one type", at);
    }
  }

  /** One index: what it names depends on the instruction. */
  private bounded(code: number, sub: number): number {
    if (code >= opcode.localGet && code <= opcode.localTee) {
      return this.reader.below(this.locals, "local");
    }
    switch (code) {
      case opcode.branch:
      case opcode.branchIf:
        return this.label();
      case opcode.tableGet:
      case opcode.tableSet:
        return this.reader.below(this.spaces.tables, "table");
      case opcode.refNull:
        return readReferenceType(this.reader, "`ref.null`");
      default:
        return this.bulkIndex(sub);
    }
  }

  private bulkIndex(sub: number): number {
    switch (sub) {
      case bulk.dataDrop:
        return this.dataSegment();
      case bulk.memoryFill:
        this.memoryIndex();
        return 0;
      case bulk.elementDrop:
        return this.reader.below(this.spaces.elements, "element segment");
      default:
        return this.reader.below(this.spaces.tables, "table");
    }
  }

  private twoIndices(code: number, sub: number): void {
    if (code === opcode.callIndirect) {
      this.index = this.reader.below(this.spaces.types.length, "type");
      this.other = this.reader.below(this.spaces.tables, "table");
      return;
    }
    switch (sub) {
      case bulk.memoryInit:
        this.index = this.dataSegment();
        this.memoryIndex();
        return;
      case bulk.memoryCopy:
        this.memoryIndex();
        this.memoryIndex();
        return;
      case bulk.tableInit:
        this.index = this.reader.below(this.spaces.elements, "element segment");
        this.other = this.reader.below(this.spaces.tables, "table");
        return;
      default:
        this.index = this.reader.below(this.spaces.tables, "table");
        this.other = this.reader.below(this.spaces.tables, "table");
    }
  }

  private dataSegment(): number {
    if (this.spaces.data === undefined) {
      this.reader.refuse("a data segment is used that was not announced");
    }
    return this.reader.below(this.spaces.data, "data segment");
  }
}
