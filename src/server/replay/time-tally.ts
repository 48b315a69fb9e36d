/** How long decisions took, in milliseconds; quantiles are exact to 10 %. */
export type Times = {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
};

// Each bucket reaches 10 % further than the one before, from a tenth of a microsecond on.
const least = 0.000_1;
const growth = Math.log(1.1);

/** Times in buckets that grow with them: a fixed size for any number. */
export class TimeTally {
  readonly #buckets = new Uint32Array(256);
  #count = 0;
  #sum = 0;
  #max = 0;

  add(milliseconds: number): void {
    const bucket = Math.floor(Math.log(milliseconds / least) / growth);
    const index = Math.min(Math.max(bucket, 0), this.#buckets.length - 1);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    this.#sum += milliseconds;
    this.#max = Math.max(this.#max, milliseconds);
  }

  result(): Times {
    return {
      count: this.#count,
      mean: this.#count === 0 ? 0 : this.#sum / this.#count,
      p50: this.#quantile(0.5),
      p90: this.#quantile(0.9),
      p99: this.#quantile(0.99),
      max: this.#max,
    };
  }

  #quantile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (const [index, count] of this.#buckets.entries()) {
      left -= count;
      if (left <= 0 && this.#count > 0) {
        return Math.min(least * Math.exp((index + 1) * growth), this.#max);
      }
    }
    return 0;
  }
}
