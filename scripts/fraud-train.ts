/**
 * `npm run fraud:train -- --version mine-1 --out model.json`: trains on the payments and labels stored in this deployment.
 * With `--data cards.csv.gz` it trains on a file of card payments instead, such as simulated ones.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { evaluateFolds, type FraudModelDocument, ModelsService, trainModel } from '#fraud';
import { readCards } from './fraud-card-file.js';
import { runCommand, UsageError, withFraud } from './fraud-command.js';

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      version: { type: 'string' },
      out: { type: 'string', default: 'fraud-model.json' },
      describe: { type: 'string', default: 'unnamed' },
    },
  });
  const { data, version, out, describe } = values;
  if (version === undefined) {
    throw new UsageError(
      'usage: npm run fraud:train -- --version NAME [--data FILE.csv[.gz] --describe "where the data come from"] [--out FILE]',
    );
  }
  if (data !== undefined) await write(await trainOnFile(data, version, describe), out);
  else await withFraud(async (app) => write(await app.get(ModelsService).train(version), out));
});

async function trainOnFile(file: string, version: string, describe: string): Promise<FraudModelDocument> {
  const data = await readCards(file);
  const cpuMs = (): number => process.cpuUsage().user / 1_000;
  return trainModel(data, [...evaluateFolds(data, cpuMs)], { version, trainedAt: new Date().toISOString(), data: describe });
}

async function write(model: FraudModelDocument, out: string): Promise<void> {
  // Seven digits: scores move by less than a millionth, and the file is half as long.
  const text = JSON.stringify(model, (_key, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value));
  await writeFile(out, `${text}\n`);
  console.log(`${out}: ${model.version}, ${model.card.rows} rows, ${model.card.frauds} frauds, ${Math.round(text.length / 1_024)} KiB`);
  for (const { start, auc, ap, cp100 } of model.card.folds) {
    console.log(`${start}  AUC ${auc.toFixed(3)}  AP ${ap.toFixed(3)}  CP@100 ${cp100.toFixed(3)}`);
  }
}
