import { Latency, parseLatency } from './latency.js';

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}

describe(Latency.name, () => {
  it('keeps to its median and its 99th percentile', () => {
    const latency = new Latency({ p50Ms: 80, p99Ms: 400 }, 1);

    const drawn = Array.from({ length: 20_000 }, () => latency.nextMs()).sort((a, b) => a - b);

    expect(Math.abs(quantile(drawn, 0.5) - 80)).toBeLessThan(3);
    expect(Math.abs(quantile(drawn, 0.99) - 400)).toBeLessThan(40);
  });

  it('is always the same when both are', () => {
    const latency = new Latency({ p50Ms: 80, p99Ms: 80 }, 1);

    expect([latency.nextMs(), latency.nextMs()]).toEqual([80, 80]);
  });

  it('remembers what it drew for a request', () => {
    const latency = new Latency({ p50Ms: 80, p99Ms: 80 }, 1);

    latency.drawFor('req_1');

    expect(latency.remembered).toEqual({ req_1: 80 });
  });

  it('repeats itself for a seed', () => {
    const draw = (seed: number) => new Latency({ p50Ms: 80, p99Ms: 400 }, seed).nextMs();

    expect(draw(3)).toBe(draw(3));
    expect(draw(3)).not.toBe(draw(4));
  });
});

describe(parseLatency.name, () => {
  it.each([
    ['off', null],
    ['80', { p50Ms: 80, p99Ms: 80 }],
    ['80:400', { p50Ms: 80, p99Ms: 400 }],
    ['slow', undefined],
    ['80:', undefined],
  ])('reads %s', (text, expected) => {
    expect(parseLatency(text)).toEqual(expected);
  });
});
