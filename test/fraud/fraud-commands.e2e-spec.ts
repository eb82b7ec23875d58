import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FraudCoreModule, FraudService, LabelsRepository } from '#fraud';
import { newId } from '#kernel';
import { anAttempt, runFraudCommand, startFraudApp, type FraudApp } from './fraud-app.js';

/** Enough days for the four folds, few enough payments for seconds. */
const SMALL = ['--customers', '150', '--terminals', '300'];

describe('the fraud commands', () => {
  let folder: string;
  let fraud: FraudApp;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-fraud-'));
    fraud = await startFraudApp([FraudCoreModule]);
  });
  afterAll(async () => {
    await fraud.close();
    rmSync(folder, { recursive: true });
  });

  const at = (file: string): string => path.join(folder, file);
  const run = (command: string, ...args: string[]) => runFraudCommand(fraud, folder, command, args);
  const lastLineOf = (stdout: string): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

  it('generate the same file from the same seed, gzipped by its name', () => {
    expect(run('generate', '--seed', '7', ...SMALL, '--out', 'cards.csv.gz').stdout).toMatch(/^cards\.csv\.gz: \d+ payments, \d+ frauds/);
    run('generate', '--seed', '7', ...SMALL, '--out', 'cards.csv');

    const plain = readFileSync(at('cards.csv'), 'utf8');
    expect(gunzipSync(readFileSync(at('cards.csv.gz'))).toString()).toBe(plain);
    expect(plain.slice(0, plain.indexOf('\n'))).toBe('tx_id,tx_datetime,customer_id,terminal_id,tx_amount,tx_fraud');
  });

  it('evaluate a file: four folds, their mean, and one line of JSON', () => {
    const { status, stdout } = run('evaluate', '--data', 'cards.csv.gz');

    expect(status).toBe(0);
    expect(stdout.match(/^(2018-\d\d-\d\d|mean) /gm)).toHaveLength(5);
    const share: unknown = expect.any(Number);
    const figures = { auc: share, ap: share, cp100: share };
    expect(lastLineOf(stdout)).toEqual({ figures: { rules: figures, published15: figures, engine: figures } });
  });

  it('train a model that looks on, rests, and is not promoted without having looked', () => {
    expect(run('train', '--data', 'cards.csv.gz', '--version', 'sim-2', '--out', 'sim-2.json')).toMatchObject({ status: 0 });
    expect(existsSync(at('sim-2.json'))).toBe(true);

    expect(run('promote', '--challenge', 'sim-2.json')).toMatchObject({ status: 0, stdout: 'sim-2 looks on from now on\n' });
    expect(run('promote', '--challenge', 'sim-2.json')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('exists already') as string,
    });
    expect(run('promote', '--promote', 'sim-2').stderr).toContain('it has looked at 0 payments of the last day; 500 are needed');
    expect(run('promote', '--rest', 'sim-2')).toMatchObject({ status: 0, stdout: 'sim-2 rests from now on\n' });
  });

  it('back-test what is stored, with an equal digest on repeat', async () => {
    for (let index = 0; index < 20; index++) {
      const attempt = anAttempt(fraud.merchantId, { paymentId: newId('payment'), businessType: 'retail' });
      await fraud.database.transaction((transaction) => fraud.app.get(FraudService).assess(transaction, attempt));
      const label = { paymentId: attempt.paymentId, isFraud: index < 2, source: 'operator', sourceId: attempt.paymentId } as const;
      await fraud.app.get(LabelsRepository).insert(fraud.database, label);
    }
    const document = { operatorRules: [{ name: 'any', expression: 'attempt.amountMinor > 1000', weight: 90, mode: 'live' }] };
    writeFileSync(at('rules.json'), JSON.stringify(document));
    const args = ['--merchant', fraud.merchantId, '--type', 'retail', '--rule-set', 'rules.json'];

    const [first, again] = [run('backtest', ...args), run('backtest', ...args)];

    expect(first.stdout).toMatch(/^20 payments, 2 known frauds, judged by unsaved$/m);
    expect(first.stdout).toMatch(/^any +20 +2 +18 +0 +0 +10\.0 % +100\.0 % /m);
    expect(first.stdout).toContain('{"allow → block":20}');
    expect(lastLineOf(again.stdout)).toEqual(lastLineOf(first.stdout));
  });

  it.each<[string, string, string[], number, RegExp]>([
    ['an option that does not exist', 'generate', ['--sed', '1'], 2, /^Unknown option '--sed'/],
    ['a seed that is no number', 'generate', ['--seed', 'x'], 2, /^--seed must be a whole number/],
    ['no file', 'evaluate', [], 2, /^usage: npm run fraud:evaluate/],
    ['a file that is not there', 'evaluate', ['--data', 'none.csv'], 1, /^ENOENT/],
    ['a file of something else', 'evaluate', ['--data', 'rules.json'], 1, /^the header lacks the column/],
    ['a file that only says it is gzipped', 'evaluate', ['--data', 'wrong.csv.gz'], 1, /^incorrect header check/],
    ['too few payments of one’s own', 'train', ['--version', 'mine-1'], 1, /at least 30 are needed/],
    [
      'a file that is no model',
      'promote',
      ['--challenge', 'rules.json'],
      1,
      /^The model cannot be promoted: it is not a model of this release/,
    ],
    ['a model that does not exist', 'promote', ['--rest', 'nobody'], 1, /^No model of that version/],
    ['two wishes at once', 'promote', ['--rest', 'a', '--promote', 'b'], 2, /^usage: npm run fraud:promote/],
    ['an unknown business type', 'backtest', ['--merchant', 'mer_1', '--type', 'wholesale'], 2, /^usage: npm run fraud:backtest/],
    [
      'a rule set that is none',
      'backtest',
      ['--merchant', 'mer_1', '--type', 'retail', '--rule-set', 'sim-2.json'],
      1,
      /^The rule set cannot be saved/,
    ],
  ])('say in one line what is wrong: %s', (_what, command, args, status, message) => {
    writeFileSync(at('wrong.csv.gz'), 'not gzipped');

    const outcome = run(command, ...args);

    expect(outcome).toMatchObject({ status, stdout: '' });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(/^ {4}at /m);
  });
});
