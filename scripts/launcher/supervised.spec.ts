import { pauseMs, Supervised, type Run } from './supervised.js';

describe('pauseMs', () => {
  it.each([
    { endsInARow: 1, expected: 1_000 },
    { endsInARow: 2, expected: 2_000 },
    { endsInARow: 5, expected: 16_000 },
    { endsInARow: 6, expected: 30_000 },
    { endsInARow: 2_000, expected: 30_000 },
  ])('waits $expected ms after $endsInARow ends in a row', ({ endsInARow, expected }) => {
    expect(pauseMs(endsInARow)).toBe(expected);
  });
});

describe('Supervised', () => {
  it('passes on why the first run could not start', async () => {
    const part = new Supervised('part', () => Promise.reject(new Error('no disk')), ignore);

    await expect(part.start()).rejects.toThrow('no disk');
    await part.stop();
  });

  it('stops a run that became ready only after the stop was asked for', async () => {
    let becomeReady: (run: Run) => void = ignore;
    const ready = new Promise<Run>((resolve) => (becomeReady = resolve));
    const run = aRun();
    const part = new Supervised('part', () => ready, ignore);
    const started = part.start();
    const stopped = part.stop();

    becomeReady(run);

    await expect(started).rejects.toThrow('was stopped while it started');
    await stopped;
    expect(run.isStopped()).toBe(true);
  });

  it('does not start again what ended because it was stopped', async () => {
    let begun = 0;
    const part = new Supervised('part', () => Promise.resolve(aRun(() => begun++)), ignore);
    await part.start();

    await part.stop();

    expect(begun).toBe(1);
  });
});

function ignore(): void {
  // The messages are for people.
}

function aRun(onBegin: () => void = ignore): Run & { isStopped(): boolean } {
  onBegin();
  let stopped = false;
  let end: (reason: string) => void;
  const exited = new Promise<string>((resolve) => (end = resolve));
  return {
    exited,
    stop: () => {
      stopped = true;
      end('stopped');
      return Promise.resolve();
    },
    isStopped: () => stopped,
  };
}
