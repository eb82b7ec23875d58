/**
 * `npm run fraud:promote -- --challenge FILE.json`: lets a trained model look on.
 * `npm run fraud:promote -- --promote VERSION`: lets the challenger act, when it has beaten the champion; else says why not.
 * `npm run fraud:promote -- --rest VERSION`: lets a model neither act nor look on.
 */
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FraudCoreModule, ModelsService, type FraudModelDocument } from '#fraud';
import { DomainError } from '#kernel';
import { AppConfig, ClockModule, ConfigurationModule, DatabaseModule, processEnvironment } from '#platform';

@Module({})
class Root {}

const { values } = parseArgs({ options: { challenge: { type: 'string' }, promote: { type: 'string' }, rest: { type: 'string' } } });
if (Object.keys(values).length !== 1) {
  console.error('usage: npm run fraud:promote -- --challenge FILE.json | --promote VERSION | --rest VERSION');
  process.exit(2);
}

const imports = [ConfigurationModule.forRoot(new AppConfig(processEnvironment())), ClockModule, DatabaseModule, FraudCoreModule];
const app = await NestFactory.createApplicationContext({ module: Root, imports }, { logger: ['error'] });
const models = app.get(ModelsService);
const actor = `operator:${os.userInfo().username}`;
try {
  if (values.challenge !== undefined) {
    const document = JSON.parse(await readFile(values.challenge, 'utf8')) as FraudModelDocument;
    const isNew = await models.challenge(document, actor);
    console.log(
      isNew ? `${document.version} looks on from now on` : `${document.version} exists already: give the new model another version`,
    );
  }
  if (values.promote !== undefined) {
    await models.promote(values.promote, actor);
    console.log(`${values.promote} acts from now on`);
  }
  if (values.rest !== undefined) {
    await models.rest(values.rest, actor);
    console.log(`${values.rest} rests from now on`);
  }
} catch (error) {
  if (!(error instanceof DomainError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await app.close();
}
