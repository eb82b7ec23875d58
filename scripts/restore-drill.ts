/** `npm run restore:drill`: restores the newest backup into a database of its own, verifies it and drops it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { RestoreDrillService } from '#operations';
import { runOperation } from './operations-context.js';

/** Verifications that stand on their own: each ends with 0 when all is well with the database of DATABASE_URL. */
const VERIFICATIONS = ['ledger-verify.js', 'audit-verify.js'].map((name) => path.join(import.meta.dirname, name));

await runOperation(async (app) => {
  const { backup, payments, durationMs } = await app.get(RestoreDrillService).prove(verify);
  return `${backup} holds ${payments} payments; restored and verified in ${durationMs} ms.`;
});

function verify(databaseUrl: string): Promise<void> {
  for (const script of VERIFICATIONS.filter((each) => existsSync(each))) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
      env: { ...process.env, DATABASE_URL: databaseUrl },
      encoding: 'utf8',
    });
    if (status !== 0) return Promise.reject(new Error(`${path.basename(script)}: ${stdout}${stderr}`));
  }
  return Promise.resolve();
}
