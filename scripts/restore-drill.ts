/** `npm run restore:drill`: restores the newest backup beside everything that serves, verifies ledger and audit log, and throws it away. */
import { RestoreDrillService } from '#operations';
import { runOperation } from './operations-context.js';

await runOperation(async (app) => {
  const { backup, payments, durationMs } = await app.get(RestoreDrillService).prove();
  return `${backup} holds ${payments} payments; restored and verified in ${durationMs} ms.`;
});
