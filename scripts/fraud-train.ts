/** `npm run fraud:train -- --data cards.csv.gz --version mine-1 --out model.json`: trains a model and writes it with its card. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { evaluateFolds, trainModel } from '#fraud';
import { readCards } from './fraud-card-file.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    version: { type: 'string' },
    out: { type: 'string', default: 'fraud-model.json' },
    describe: { type: 'string', default: 'unnamed' },
  },
});
if (values.data === undefined || values.version === undefined) {
  console.error('usage: npm run fraud:train -- --data FILE.csv[.gz] --version NAME [--out FILE] [--describe "where the data come from"]');
  process.exit(2);
}

const data = await readCards(values.data);
const folds = [
  ...evaluateFolds(data, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }),
];
const origin = { version: values.version, trainedAt: new Date().toISOString(), data: values.describe };
const model = trainModel(data, folds, origin);
// Seven digits: scores move by less than a millionth, and the file is half as long.
const text = JSON.stringify(model, (_key, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value));
await writeFile(values.out, `${text}\n`);
console.log(
  `${values.out}: ${model.version}, ${model.card.rows} rows, ${model.card.frauds} frauds, ${Math.round(text.length / 1_024)} KiB`,
);
for (const { start, auc, ap, cp100 } of model.card.folds)
  console.log(`${start}  AUC ${auc.toFixed(3)}  AP ${ap.toFixed(3)}  CP@100 ${cp100.toFixed(3)}`);
