import { spawnProcess, waitFor, type SpawnedProcess } from '#test';

describe('spawnProcess', () => {
  let spawned: SpawnedProcess | undefined;

  afterEach(() => {
    spawned?.killTree();
  });

  it('captures both streams and the exit code', async () => {
    spawned = spawnProcess(['sh', '-c', 'echo out; echo err >&2; exit 3']);

    await expect(spawned.exited).resolves.toEqual({ code: 3, signal: null });
    await waitFor(() => spawned?.output.includes('err'));
    expect(spawned.output).toContain('out');
  });

  it('reports the whole output when what it waits for never comes', async () => {
    spawned = spawnProcess(['sh', '-c', 'echo something else']);

    await expect(spawned.waitForOutput(/ready/)).rejects.toThrow('something else');
  });

  it('kills descendants that have left the group and lost their parent', async () => {
    spawned = spawnProcess(['sh', '-c', 'setsid sleep 300 & echo started']);
    await spawned.waitForOutput(/started/);
    await spawned.exited;
    expect(spawned.livingProcesses()).toHaveLength(1);

    spawned.killTree();

    await waitFor(() => spawned?.livingProcesses().length === 0);
  });
});
