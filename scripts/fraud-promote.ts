/**
 * `npm run fraud:promote -- --challenge FILE.json`: lets a trained model look on.
 * `npm run fraud:promote -- --promote VERSION`: lets the challenger act, when it has beaten the champion; else says why not.
 * `npm run fraud:promote -- --rest VERSION`: lets a model neither act nor look on.
 */
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { type FraudModelDocument, ModelsService } from '#fraud';
import { runCommand, UsageError, withFraud } from './fraud-command.js';

await runCommand(async () => {
  const { values } = parseArgs({ options: { challenge: { type: 'string' }, promote: { type: 'string' }, rest: { type: 'string' } } });
  const { challenge, promote, rest } = values;
  if (Object.keys(values).length !== 1) {
    throw new UsageError('usage: npm run fraud:promote -- --challenge FILE.json | --promote VERSION | --rest VERSION');
  }
  const actor = `operator:${os.userInfo().username}`;
  await withFraud(async (app) => {
    const models = app.get(ModelsService);
    if (challenge !== undefined) {
      const document = JSON.parse(await readFile(challenge, 'utf8')) as FraudModelDocument;
      const isNew = await models.challenge(document, actor);
      console.log(
        isNew ? `${document.version} looks on from now on` : `${document.version} exists already: give the new model another version`,
      );
      if (!isNew) process.exitCode = 1;
    }
    if (promote !== undefined) {
      await models.promote(promote, actor);
      console.log(`${promote} acts from now on`);
    }
    if (rest !== undefined) {
      await models.rest(rest, actor);
      console.log(`${rest} rests from now on`);
    }
  });
});
