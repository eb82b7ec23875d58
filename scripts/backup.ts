/** `npm run backup`: makes a backup now. */
import { BackupsService } from '#operations';
import { runOperation } from './operations-context.js';

await runOperation(async (app) => {
  const { name, bytes } = await app.get(BackupsService).make();
  return `${name}: ${bytes} bytes`;
});
