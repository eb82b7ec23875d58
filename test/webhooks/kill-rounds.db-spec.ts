import { runKillRounds } from './kill-rounds.js';

describe('kill -9 under load', () => {
  it('loses no acknowledged event and leaves one effect each, whoever dies', async () => {
    const result = await runKillRounds(4);

    expect(result.kills).toEqual({ api: 1, worker: 1, postgres: 1, all: 1 });
    expect(result.acknowledged).toBeGreaterThan(50);
    expect({ lost: result.lost, wrongEffects: result.wrongEffects }).toEqual({ lost: [], wrongEffects: [] });
  }, 240_000);
});
