/** A map whose changes since a mark can be taken back. */
export class ScopedMap<Key, Value> {
  private readonly entries = new Map<Key, Value>();
  private readonly log: (readonly [Key, Value | undefined])[] = [];

  get(key: Key): Value | undefined {
    return this.entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.log.push([key, this.entries.get(key)]);
    this.entries.set(key, value);
  }

  delete(key: Key): void {
    if (this.entries.has(key)) {
      this.log.push([key, this.entries.get(key)]);
      this.entries.delete(key);
    }
  }

  /** Deletes what `fits`. */
  deleteWhere(fits: (key: Key, value: Value) => boolean): void {
    for (const [key, value] of this.entries) {
      if (fits(key, value)) {
        this.delete(key);
      }
    }
  }

  mark(): number {
    return this.log.length;
  }

  /** Makes the map what it was at the mark. */
  restore(mark: number): void {
    for (const [key, value] of this.log.splice(mark).reverse()) {
      if (value === undefined) {
        this.entries.delete(key);
      } else {
        this.entries.set(key, value);
      }
    }
  }
}
