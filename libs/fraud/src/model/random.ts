/** Numbers by chance that come out the same for the same seed, on every machine. */

/** A seeded source of uniform, normal and Poisson numbers; not for secrets. */
export class SeededRandom {
  private readonly state: Uint32Array;

  /** @param seed - Any integer; neighbouring seeds give unrelated sequences. */
  constructor(seed: number) {
    // SplitMix32 spreads the seed over the four words, none of which may then all be zero.
    this.state = new Uint32Array(4);
    let word = seed >>> 0;
    for (let index = 0; index < 4; index++) {
      word = (word + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      this.state[index] = mixed ^ (mixed >>> 15);
    }
  }

  /** Uniform in [0, 1), of 53 bits. */
  uniform(): number {
    return ((this.nextWord() >>> 5) * 67_108_864 + (this.nextWord() >>> 6)) / 9_007_199_254_740_992;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + this.uniform() * (high - low);
  }

  /** Uniform integer in [0, count). */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** Normal by Box and Muller. */
  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Poisson by Knuth's product of uniforms; meant for small means. */
  poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > limit; product *= this.uniform()) count++;
    return count;
  }

  /** `count` different integers of [0, size), in the order drawn. */
  sample(size: number, count: number): number[] {
    const drawn = new Set<number>();
    while (drawn.size < Math.min(count, size)) drawn.add(this.integer(size));
    return [...drawn];
  }

  /** One step of xoshiro128**: 32 bits. */
  private nextWord(): number {
    const state = this.state as unknown as [number, number, number, number];
    const scrambled = Math.imul(rotate(Math.imul(state[1], 5), 7), 9);
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 11);
    return scrambled >>> 0;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
