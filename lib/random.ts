/** Repeatable randomness: the same seed gives the same numbers on every machine and backend. */

/** The state of a generator: four 32-bit words. */
export type RandomState = [number, number, number, number];

/**
 * A seeded generator (sfc32). Its {@link Random.state} can be stored and restored to resume a run.
 *
 * @example
 * ```ts
 * import { Random } from "./random.ts";
 * const first = new Random(7).next();
 * if (first !== new Random(7).next()) throw new Error("not repeatable");
 * ```
 */
export class Random {
  #words: RandomState;

  /** Starts from an integer or a word. */
  constructor(seed: number | string) {
    this.#words = [0x9e3779b9, 0x243f6a88, 0xb7e15162, hash(String(seed))];
    for (let i = 0; i < 16; i++) this.#draw();
  }

  /** The state, from which the generator continues exactly. */
  get state(): RandomState {
    return [...this.#words];
  }
  set state(words: RandomState) {
    this.#words = [...words];
  }

  #draw(): number {
    const w = this.#words;
    const sum = (((w[0] + w[1]) | 0) + w[3]) | 0;
    w[3] = (w[3] + 1) | 0;
    w[0] = w[1] ^ (w[1] >>> 9);
    w[1] = (w[2] + (w[2] << 3)) | 0;
    w[2] = (((w[2] << 21) | (w[2] >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.#draw() / 4294967296;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number in [0, n). */
  integer(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Fills a list with whole numbers in [0, n), the same that {@link Random.integer} gives one by one, several times as fast. */
  integers(n: number, into: Int32Array): void {
    let [a, b, c, d] = this.#words;
    for (let i = 0; i < into.length; i++) {
      const sum = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      into[i] = (sum >>> 0) / 4294967296 * n; // which drops the fraction
    }
    this.#words = [a, b, c, d];
  }

  /** Standard normal (Box-Muller, one value from two draws). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** One of the items. Throws a RangeError if there are none. */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot choose as the list is empty: expected at least 1 item");
    return items[this.integer(items.length)] as T;
  }

  /** A copy in random order (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  }

  /** An independent generator for a named purpose; draws one number from this one. */
  fork(label: string): Random {
    return new Random(`${this.#draw()}:${label}`);
  }
}

/** FNV-1a of a text, 32 bits: a stable number for splits and seeds. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  const bytes = /[^\0-\x7f]/.test(text) ? new TextEncoder().encode(text) : undefined;
  const length = bytes?.length ?? text.length;
  for (let i = 0; i < length; i++) value = Math.imul(value ^ (bytes ? bytes[i]! : text.charCodeAt(i)), 0x01000193);
  return value >>> 0;
}
