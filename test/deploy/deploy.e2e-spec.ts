import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { requiresProgram } from '#test';
import { type Proxy, Rehearsal } from './rehearsal.js';

const CLIENTS = 3;
const BROWSER = { accept: 'text/html,*/*;q=0.8' };

describe.each<{ proxy: Proxy }>([{ proxy: 'haproxy' }, { proxy: 'nginx' }])('behind $proxy', ({ proxy }) => {
  requiresProgram(
    proxy,
    'flock',
    'ss',
    'curl',
    'setsid',
  )('scripts/deploy-production.sh', () => {
    let rehearsal: Rehearsal;
    let first: string;

    beforeAll(async () => {
      rehearsal = await Rehearsal.prepare(proxy);
      // The first release starts behind no proxy yet: haproxy would have no socket to talk to.
      const { code, output } = await rehearsal.deploy(rehearsal.artifact('first'), '--proxy', 'none');
      if (code !== 0) throw new Error(`${output}\n${rehearsal.logs()}`);
      await rehearsal.open();
      first = rehearsal.inService().current;
    }, 60_000);

    afterAll(async () => rehearsal.end());

    it.each([
      { what: 'a payment', method: 'POST', url: '/api/payments', headers: {}, status: 403 },
      { what: 'an API call that asks for a page', method: 'GET', url: '/api/payments', headers: BROWSER, status: 403 },
      { what: 'an API call that hides', method: 'GET', url: '//%61pi/payments', headers: BROWSER, status: 403 },
      { what: 'a key on a page', method: 'GET', url: '/console', headers: { ...BROWSER, authorization: 'Bearer x' }, status: 403 },
      { what: 'a program', method: 'GET', url: '/console', headers: { accept: '*/*' }, status: 403 },
      { what: 'a foreign host', method: 'GET', url: '/console', headers: { ...BROWSER, host: 'evil.test' }, status: 403 },
      { what: 'a page', method: 'GET', url: '/console?tab=2', headers: BROWSER, status: 308 },
    ])('answers $what over plain HTTP with $status', async ({ method, url, headers, status }) => {
      const answer = await rehearsal.sendPlain(method, url, headers);

      expect(answer).toEqual({ status, location: status === 308 ? `https://pay.example.com${url}` : undefined });
    });

    it('keeps the metrics from the outside', async () => {
      expect(await rehearsal.send('GET', '/metrics')).toMatchObject({ status: 404 });
    });

    it('refuses a release whose migrations contract the schema, and changes nothing', async () => {
      const contracting = rehearsal.artifact('contracting', (folder) => {
        addMigration(folder, '990_drop_name', 'alter table merchants drop column name;');
      });

      const { code, output } = await rehearsal.deploy(contracting);

      expect(output).toContain('the running release may still read it');
      expect(code).toBe(2);
      expect(rehearsal.inService()).toEqual({ current: first, processes: [first, first, first] });
      expect(readdirSync(path.join(rehearsal.folder, 'root/releases'))).toEqual([first]);
    }, 60_000);

    it('brings the release before back when the new one does not become healthy, without a failed request', async () => {
      const broken = rehearsal.artifact('broken', (folder) => {
        writeFileSync(path.join(folder, 'dist/apps/api/src/main.js'), 'process.exit(1);\n');
      });
      const load = rehearsal.load(CLIENTS);

      const { code, output } = await rehearsal.deploy(broken, '--health-timeout', '5');
      const tally = await load.stop();

      expect(output).toContain(`${first} is back`);
      expect(code).toBe(1);
      expect(tally.failures).toEqual([]);
      expect(rehearsal.inService()).toEqual({ current: first, processes: [first, first, first] });
    }, 90_000);

    it('replaces every process under load, with an expanding migration, without a failed request', async () => {
      const second = rehearsal.artifact('second', (folder) => {
        addMigration(folder, '991_add_note', 'alter table merchants add column rehearsal_note text;');
      });
      const load = rehearsal.load(CLIENTS);

      const { code, output } = await rehearsal.deploy(second);
      const tally = await load.stop();

      expect(output).toContain('is in service');
      expect(code).toBe(0);
      expect(tally.failures).toEqual([]);
      expect(tally.payments).toBeGreaterThan(20);
      const { current, processes } = rehearsal.inService();
      expect(current).not.toBe(first);
      expect(new Set(processes)).toEqual(new Set([current]));
      expect(await columnExists()).toBe(true);
      expect(readdirSync(path.join(rehearsal.folder, 'root/backups'))).toContain(`${current}.dump`);
    }, 90_000);

    async function columnExists(): Promise<boolean> {
      const client = new pg.Client({ connectionString: rehearsal.databaseUrl });
      await client.connect();
      const found = await client.query(`select 1 from information_schema.columns where column_name = 'rehearsal_note'`);
      await client.end();
      return found.rowCount === 1;
    }
  });
});

function addMigration(folder: string, name: string, sql: string): void {
  writeFileSync(path.join(folder, `migrations/${name}.up.sql`), `${sql}\n`);
  writeFileSync(path.join(folder, `migrations/${name}.down.sql`), 'select 1;\n');
  const index = path.join(folder, 'dist/migrations/index.js');
  const text = readFileSync(index, 'utf8');
  rmSync(index);
  writeFileSync(index, text.replace(/(MIGRATION_NAMES = \[[^\]]*?),?\s*\]/, `$1, '${name}']`));
}
