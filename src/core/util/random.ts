/** Mixes a text into four 32-bit words (FNV-1a with a different offset per word, then the murmur3 finaliser). */
function hashWords(text: string): readonly [number, number, number, number] {
  const word = (offset: number): number => {
    let h = offset;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x243f6a88), word(0xb7e15162)];
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand; public domain), a small fast generator with a period of at least 2^32. One object per
 * purpose, so that drawing more from one never shifts another.
 */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spare = 0;
  #hasSpare = false;

  /** `key` is `seed|symbol|stream`: equal keys give equal sequences. */
  constructor(key: string) {
    [this.#a, this.#b, this.#c, this.#d] = hashWords(key);
    // The first values still show the seed's structure; the author recommends discarding some.
    for (let i = 0; i < 12; i++) this.uniform();
  }

  /** Uniform in [0, 1), 32 bits. */
  uniform(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + t) | 0;
    return (t >>> 0) / 4294967296;
  }

  /** Standard normal (Marsaglia's polar method: no sine or cosine, whose last bits differ between platforms). */
  normal(): number {
    if (this.#hasSpare) {
      this.#hasSpare = false;
      return this.#spare;
    }
    let x: number, y: number, s: number;
    do {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      s = x * x + y * y;
    } while (s >= 1 || s === 0);
    const scale = Math.sqrt((-2 * Math.log(s)) / s);
    this.#spare = y * scale;
    this.#hasSpare = true;
    return x * scale;
  }

  /** Poisson with this mean; a rounded normal above 30, where the difference is below 1%. */
  poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let n = 0;
    for (let p = this.uniform(); p > limit; p *= this.uniform()) n++;
    return n;
  }
}
