/** `npm run fraud:evaluate -- --data cards.csv.gz`: the book's protocol, a table a fold, then the mean, then one line of JSON. */
import { parseArgs } from 'node:util';
import { type CardTransactions, evaluateFolds, meanOf, RANKINGS, type Figures, type FoldFigures, type Ranking } from '#fraud';
import { readCards } from './fraud-card-file.js';
import { runCommand, UsageError } from './fraud-command.js';

await runCommand(async () => {
  const { values } = parseArgs({ options: { data: { type: 'string' } } });
  if (values.data === undefined) throw new UsageError('usage: npm run fraud:evaluate -- --data FILE.csv[.gz]');
  print(values.data, await readCards(values.data));
});

function print(file: string, data: CardTransactions): void {
  console.log(`${file}: ${data.length} payments, ${data.fraud.reduce((sum, label) => sum + label, 0)} frauds`);
  console.log('\ntraining from      rules alone          15 published         engine');
  console.log('              AUC   AP    CP@100    AUC   AP    CP@100    AUC   AP    CP@100');
  const folds: FoldFigures[] = [];
  for (const fold of evaluateFolds(data, cpuMs)) {
    folds.push(fold);
    console.log(line(fold.start, (ranking) => fold.figures[ranking]));
  }
  const means = Object.fromEntries(RANKINGS.map((ranking) => [ranking, meanFigures(folds, ranking)])) as Record<Ranking, Figures>;
  console.log(line('mean', (ranking) => means[ranking]));
  console.log(`
block (score 85 and above): ${percent(folds, (fold) => fold.decisions.blockPrecision)} of blocked payments were frauds
review and block (70 and above): ${percent(folds, (fold) => fold.decisions.reviewRecall)} of frauds caught, ${percent(folds, (fold) => fold.decisions.falsePositiveRate)} of legitimate payments stopped
calibration error: ${meanOf(folds, (fold) => fold.decisions.calibrationError).toFixed(4)}
training: ${Math.round(meanOf(folds, (fold) => fold.trainingRows))} rows, ${(meanOf(folds, (fold) => fold.trainingCpuMs) / 1_000).toFixed(1)} s of CPU a fold, calibration included
These are figures of this data set. Simulated data flatter every model: real card data give an average precision of .05 to .10.
`);
  console.log(JSON.stringify({ figures: means }));
}

function meanFigures(folds: readonly FoldFigures[], ranking: Ranking): Figures {
  const mean = (figure: keyof Figures): number => Number(meanOf(folds, (fold) => fold.figures[ranking][figure]).toFixed(4));
  return { auc: mean('auc'), ap: mean('ap'), cp100: mean('cp100') };
}

function line(name: string, figures: (ranking: Ranking) => Figures): string {
  const short = (value: number): string => value.toFixed(3).replace(/^0/, '');
  const cells = RANKINGS.map(figures).map(({ auc, ap, cp100 }) => `${short(auc)}  ${short(ap)}  ${short(cp100)}  `);
  return `${name.padEnd(14)}${cells.join('    ')}`;
}

function percent(folds: readonly FoldFigures[], figure: (fold: FoldFigures) => number): string {
  return `${(100 * meanOf(folds, figure)).toFixed(1)} %`;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
