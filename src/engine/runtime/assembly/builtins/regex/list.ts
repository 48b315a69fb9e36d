import { alloc } from "../../memory";

/** A growing list of 32-bit items in the arena. */
@unmanaged
export class List {
  items: usize;
  length: u32;
  room: u32;

  @inline
  at(index: u32): u32 {
    return load<u32>(this.items + (<usize>index << 2));
  }

  @inline
  put(index: u32, item: u32): void {
    store<u32>(this.items + (<usize>index << 2), item);
  }

  push(item: u32): void {
    if (this.length == this.room) this.widen();
    store<u32>(this.items + (<usize>(this.length++) << 2), item);
  }

  /** Takes the last item off. */
  pop(): u32 {
    return this.at(--this.length);
  }

  private widen(): void {
    this.room = this.room < 4 ? 4 : this.room * 2;
    const wider = alloc(<usize>this.room << 2);
    memory.copy(wider, this.items, <usize>this.length << 2);
    this.items = wider;
  }

  append(other: List): void {
    for (let i: u32 = 0; i < other.length; i++) this.push(other.at(i));
  }

  /** Takes the first `n` items off. */
  drop(n: u32): void {
    this.length -= n;
    memory.copy(this.items, this.items + (<usize>n << 2), <usize>this.length << 2);
  }

  same(other: List): bool {
    return this.length == other.length &&
      memory.compare(this.items, other.items, <usize>this.length << 2) == 0;
  }
}

export function newList(): List {
  const list = changetype<List>(alloc(offsetof<List>()));
  list.items = 0;
  list.length = 0;
  list.room = 0;
  return list;
}
