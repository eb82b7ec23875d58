import { DatabaseUnavailableError } from '#platform';
import { GROUP_COMMIT_LIMITS, GroupCommit, WebhookQueueFullError } from './group-commit.js';

/** Commits that the test ends by hand. */
class Commits {
  readonly batches: { items: number[]; succeed: () => void; fail: (error: Error) => void }[] = [];

  readonly commit = (items: number[]): Promise<void> =>
    new Promise((resolve, reject) => {
      this.batches.push({ items, succeed: resolve, fail: reject });
    });
}

const LIMITS = { ...GROUP_COMMIT_LIMITS, inFlight: 2, besideItems: 1, batchItems: 3, batchBytes: 100, queuedItems: 6 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('GroupCommit', () => {
  let commits: Commits;
  let group: GroupCommit<number>;

  beforeEach(() => {
    commits = new Commits();
    group = new GroupCommit(commits.commit, (item) => item, LIMITS);
  });

  it('commits a lone item at once', async () => {
    const added = group.add(1);
    await turn();
    commits.batches[0]!.succeed();

    await expect(added).resolves.toBeUndefined();
    expect(commits.batches.map(({ items }) => items)).toEqual([[1]]);
  });

  it('acknowledges nobody before the commit has ended', async () => {
    let isAcknowledged = false;
    const added = group.add(1).then(() => (isAcknowledged = true));
    await turn();

    expect(isAcknowledged).toBe(false);
    commits.batches[0]!.succeed();
    await added;
  });

  it('makes one batch of what arrives while the allowed commits run', async () => {
    const first = group.add(1);
    await turn();
    const second = group.add(2);
    await turn();
    const later = [3, 4, 5].map((item) => group.add(item));
    await turn();
    const running = commits.batches.map(({ items }) => items);
    commits.batches[0]!.succeed();
    await turn();
    commits.batches[1]!.succeed();
    commits.batches[2]!.succeed();
    await Promise.all([first, second, ...later]);

    expect(running).toEqual([[1], [2]]);
    expect(commits.batches[2]!.items).toEqual([3, 4, 5]);
  });

  it('begins no commit beside another for a few items, and one for many or large ones', async () => {
    const patient = new GroupCommit(commits.commit, (item: number) => item, { ...LIMITS, besideItems: 3 });
    const first = patient.add(1);
    await turn();
    const few = [2, 3].map((item) => patient.add(item));
    await turn();
    const whileFew = commits.batches.length;
    const many = patient.add(4);
    await turn();
    const whileMany = commits.batches.map(({ items }) => items);
    commits.batches[1]!.succeed();
    const large = patient.add(100);
    await turn();
    const whileLarge = commits.batches.map(({ items }) => items);
    for (const { succeed } of commits.batches) succeed();
    await Promise.all([first, ...few, many, large]);

    expect(whileFew).toBe(1);
    expect(whileMany).toEqual([[1], [2, 3, 4]]);
    expect(whileLarge).toEqual([[1], [2, 3, 4], [100]]);
  });

  it('bounds a batch by items and by bytes, but takes a large item alone', async () => {
    const added = [60, 60, 200, 1, 1, 1].map((item) => group.add(item));
    for (let index = 0; index < 4; index++) {
      await turn();
      commits.batches[index]!.succeed();
    }
    await Promise.all(added);

    expect(commits.batches.map(({ items }) => items)).toEqual([[60], [60], [200], [1, 1, 1]]);
  });

  it('refuses what exceeds the queue at once', async () => {
    const added = [1, 2, 3, 4, 5, 6].map((item) => group.add(item));

    await expect(group.add(7)).rejects.toBeInstanceOf(WebhookQueueFullError);
    await turn();
    commits.batches.forEach(({ succeed }) => {
      succeed();
    });
    await Promise.all(added);
  });

  it('saves the neighbours of an item that the database refuses', async () => {
    const stored: number[] = [];
    const picky = new GroupCommit<number>(
      (items) => {
        if (items.includes(2)) return Promise.reject(new Error('invalid byte sequence'));
        stored.push(...items);
        return Promise.resolve();
      },
      () => 1,
      LIMITS,
    );

    const outcomes = await Promise.allSettled([picky.add(1), picky.add(2), picky.add(3)]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(stored).toEqual([1, 3]);
  });

  it('does not hammer a database that is away with one item after the other', async () => {
    let commitsTried = 0;
    const away = new GroupCommit<number>(
      () => {
        commitsTried++;
        return Promise.reject(new DatabaseUnavailableError(new Error('ECONNREFUSED')));
      },
      () => 1,
      LIMITS,
    );

    const outcomes = await Promise.allSettled([away.add(1), away.add(2), away.add(3)]);

    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(commitsTried).toBe(1);
  });
});
