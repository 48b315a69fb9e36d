/** Keeps the most recently used values, at most so many. */
export class BoundedCache<V> {
  private readonly limit: number;
  private readonly values = new Map<string, V>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The kept value of the key, or the one that `make` gives. */
  get(key: string, make: () => V): V {
    const kept = this.values.get(key);
    if (kept !== undefined) {
      this.values.delete(key);
      this.values.set(key, kept);
      return kept;
    }
    const made = make();
    this.values.set(key, made);
    if (this.values.size > this.limit) {
      const [oldest] = this.values.keys();
      this.values.delete(oldest as string);
    }
    return made;
  }
}
