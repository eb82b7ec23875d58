/** `npm start`: the whole product on one machine, with everything it needs that the machine does not have. */
import path from 'node:path';
import { seedFirstRun } from './first-run.js';
import { runUntilStopped } from './launcher/run-until-stopped.js';

const APPS = path.resolve(import.meta.dirname, '../apps');

await runUntilStopped({
  api: [path.join(APPS, 'api/src/main.js')],
  worker: [path.join(APPS, 'worker/src/main.js')],
  sandbox: [path.join(APPS, 'stripe-sandbox/src/main.js')],
  seedFirstRun: async (environment, known) => {
    const { apiKey, owner } = await seedFirstRun(environment, known?.apiKey);
    return {
      apiKey,
      adminEmail: owner?.email ?? known?.adminEmail ?? null,
      adminPassword: owner?.password ?? known?.adminPassword ?? null,
    };
  },
});
