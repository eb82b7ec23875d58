/**
 * `npm run fraud:train -- --version mine-1 --out model.json`: trains on the payments and labels stored in this deployment.
 * With `--data cards.csv.gz` it trains on a file of card payments instead, such as simulated ones.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { evaluateFolds, FraudCoreModule, ModelsService, TooFewPaymentsError, trainModel, type FraudModelDocument } from '#fraud';
import { AppConfig, ClockModule, ConfigurationModule, DatabaseModule, processEnvironment } from '#platform';
import { readCards } from './fraud-card-file.js';

@Module({})
class Root {}

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    version: { type: 'string' },
    out: { type: 'string', default: 'fraud-model.json' },
    describe: { type: 'string', default: 'unnamed' },
  },
});
if (values.version === undefined) {
  console.error('usage: npm run fraud:train -- --version NAME [--data FILE.csv[.gz] --describe "where the data come from"] [--out FILE]');
  process.exit(2);
}

try {
  await write(values.data === undefined ? await trainOnStored(values.version) : await trainOnFile(values.data, values.version));
} catch (error) {
  if (!(error instanceof TooFewPaymentsError)) throw error;
  console.error(`not trained: ${error.message}`);
  process.exitCode = 1;
}

async function trainOnStored(version: string): Promise<FraudModelDocument> {
  const imports = [ConfigurationModule.forRoot(new AppConfig(processEnvironment())), ClockModule, DatabaseModule, FraudCoreModule];
  const app = await NestFactory.createApplicationContext({ module: Root, imports }, { logger: ['error'] });
  try {
    return await app.get(ModelsService).train(version);
  } finally {
    await app.close();
  }
}

async function trainOnFile(file: string, version: string): Promise<FraudModelDocument> {
  const data = await readCards(file);
  const cpuMs = (): number => process.cpuUsage().user / 1_000;
  return trainModel(data, [...evaluateFolds(data, cpuMs)], { version, trainedAt: new Date().toISOString(), data: values.describe });
}

async function write(model: FraudModelDocument): Promise<void> {
  // Seven digits: scores move by less than a millionth, and the file is half as long.
  const text = JSON.stringify(model, (_key, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value));
  await writeFile(values.out, `${text}\n`);
  console.log(
    `${values.out}: ${model.version}, ${model.card.rows} rows, ${model.card.frauds} frauds, ${Math.round(text.length / 1_024)} KiB`,
  );
  for (const { start, auc, ap, cp100 } of model.card.folds) {
    console.log(`${start}  AUC ${auc.toFixed(3)}  AP ${ap.toFixed(3)}  CP@100 ${cp100.toFixed(3)}`);
  }
}
