/** Ids and chances that repeat for one seed: a run can be played again. */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The four words of a generator's state, as they are kept in the journal. */
export type RandomState = [number, number, number, number];

/** A small fast generator (sfc32) whose state can be saved. It is no secret generator: the sandbox holds nothing worth guessing. */
export class SeededRandom {
  private state: RandomState;

  constructor(seed: number) {
    this.state = [0x9e3779b9, 0x243f6a88, 0xb7e15162, seed | 0];
    for (let round = 0; round < 12; round += 1) this.uint32();
  }

  /** The next 32 bits. */
  uint32(): number {
    const state = this.state;
    const result = (state[0] + state[1] + state[3]) | 0;
    state[3] = (state[3] + 1) | 0;
    state[0] = state[1] ^ (state[1] >>> 9);
    state[1] = (state[2] + (state[2] << 3)) | 0;
    state[2] = ((state[2] << 21) | (state[2] >>> 11)) + result;
    state[2] |= 0;
    return result >>> 0;
  }

  /** A number from 0 up to, but not including, 1. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** `length` letters and digits, such as the body of an id. */
  letters(length: number): string {
    let text = '';
    let bits = 0;
    let word = 0;
    while (text.length < length) {
      if (bits < 6) {
        word = this.uint32();
        bits = 30;
      }
      const digit = word & 63;
      word >>>= 6;
      bits -= 6;
      // 62 and 63 have no letter; dropping them keeps every letter as likely as any other.
      if (digit < 62) text += ALPHABET.charAt(digit);
    }
    return text;
  }

  /** The state to save; {@link restore} goes on from it. */
  save(): RandomState {
    return [...this.state];
  }

  /** Goes on from a saved state. */
  restore(state: RandomState): void {
    this.state = [...state];
  }
}
