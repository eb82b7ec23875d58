import { HOUR_MS } from '#kernel';
import { AuditLog, AuditSealer, AuditVerifier, SecurityIncidents } from '#security';
import { asOwner, presentTransactionsEnded } from '#test';
import { type SecuredApp, startSecuredApp } from './secured-app.js';

// Each holds rows after two lines have been sealed, so that a trigger for rows is met.
const HISTORY = [
  { table: 'audit_log', column: 'actor' },
  { table: 'audit_chain', column: 'hash' },
  { table: 'audit_checkpoints', column: 'hash' },
];

describe('the audit chain', () => {
  let secured: SecuredApp;

  beforeEach(async () => {
    secured = await startSecuredApp();
  });
  afterEach(() => secured.close());

  const write = (action: string) =>
    secured.app
      .get(AuditLog)
      .record(secured.database, { merchantId: null, actor: 'system:test', action, changes: { b: 1, a: [null, 'ü'] } });
  const writeSteps = async (count: number) => {
    for (let index = 0; index < count; index++) await write(`step_${index}`);
  };
  const writeAndSeal = async (count: number) => {
    await writeSteps(count);
    await presentTransactionsEnded(secured.database);
    expect(await secured.app.get(AuditSealer).sealNext()).toBe(count);
  };
  const verify = () => secured.app.get(AuditVerifier).verify();
  /** What an attacker with the owner's password of the database can do. */
  const tamper = (sql: string) => asOwner(secured.database, `set local session_replication_role = 'replica'`, sql);

  it('links every line, in order, and is intact', async () => {
    await writeAndSeal(5);

    expect(await verify()).toEqual({ isIntact: true, firstBroken: null, checkedLinks: 5, checkedCheckpoints: 1, nextPosition: null });
  });

  it('does not leave out a line that committed after a later one', async () => {
    await secured.database.transaction(async (transaction) => {
      await secured.app.get(AuditLog).record(transaction, { merchantId: null, actor: 'system:test', action: 'early_and_slow' });
      await writeSteps(3);
      await secured.app.get(AuditSealer).sealNext();
      expect((await verify()).checkedLinks).toBe(0);
    });
    await presentTransactionsEnded(secured.database);
    await secured.app.get(AuditSealer).sealNext();

    expect(await verify()).toMatchObject({ isIntact: true, checkedLinks: 4 });
  });

  it('seals each line once, however many workers try', async () => {
    const second = await startSecuredApp({ databaseUrl: secured.databaseUrl });
    for (let index = 0; index < 50; index++) await write('once');
    await presentTransactionsEnded(secured.database);

    const sealers = [secured, second].map(({ app }) => app.get(AuditSealer));
    for (let round = 0; round < 3; round++) await Promise.all(sealers.map((sealer) => sealer.sealNext()));

    await second.close();
    expect(await verify()).toMatchObject({ isIntact: true, checkedLinks: 50 });
  });

  it('goes on after a restore into a server whose transactions count from the beginning', async () => {
    await writeAndSeal(2);
    await tamper(`update audit_log set transaction_id = '9000000000000000'`);

    await writeAndSeal(2);
    await writeAndSeal(1);

    expect(await verify()).toMatchObject({ isIntact: true, checkedLinks: 5 });
  });

  it.each(
    HISTORY.flatMap(({ table, column }) => [
      { sql: `update ${table} set ${column} = null` },
      { sql: `delete from ${table}` },
      { sql: `truncate ${table} cascade` },
    ]),
  )('refuses $sql to the application by its rights, and to the owner by a trigger', async ({ sql }) => {
    await writeAndSeal(2);

    await expect(secured.database.query(sql)).rejects.toThrow('permission denied');
    await expect(asOwner(secured.database, sql)).rejects.toThrow('is append-only');
  });

  it.each(['alter table audit_log disable trigger all', `set session_replication_role = 'replica'`, 'drop table audit_chain'])(
    'refuses %s to the application',
    async (sql) => {
      await expect(secured.database.query(sql)).rejects.toThrow(/permission denied|must be owner/);
    },
  );

  it.each([
    {
      what: 'changed an actor',
      sql: `update audit_log set actor = 'user:other' where sequence = 3`,
      broken: { fault: 'line_changed', position: 3, sequence: 3 },
    },
    {
      what: 'changed a detail',
      sql: `update audit_log set changes = '{"b": 2}' where sequence = 2`,
      broken: { fault: 'line_changed', position: 2, sequence: 2 },
    },
    {
      what: 'moved a time',
      sql: `update audit_log set created_at = created_at + interval '1 microsecond' where sequence = 4`,
      broken: { fault: 'line_changed', position: 4, sequence: 4 },
    },
    {
      what: 'deleted a line',
      sql: 'delete from audit_log where sequence = 4',
      broken: { fault: 'line_missing', position: 4, sequence: null },
    },
    {
      what: 'deleted a line and its link',
      sql: 'with c as (delete from audit_chain where position = 4) delete from audit_log where sequence = 4',
      broken: { fault: 'link_missing', position: 4, sequence: null },
    },
    {
      what: 'cut the chain',
      sql: 'delete from audit_chain where position > 3',
      broken: { fault: 'chain_cut', position: 4, sequence: null },
    },
    {
      what: 'forged a checkpoint',
      sql: 'update audit_checkpoints set signature = decode(repeat($$00$$, 64), $$hex$$)',
      broken: { fault: 'checkpoint_forged', position: 5, sequence: null },
    },
    {
      what: 'slipped in an old line',
      sql: `insert into audit_log (actor, action, created_at, transaction_id) values ('x', 'y', now() - interval '1 day', '3')`,
      broken: { fault: 'line_unsealed', position: null, sequence: 6 },
    },
  ])('names the place where somebody $what', async ({ sql, broken }) => {
    await writeAndSeal(5);

    await tamper(sql);

    expect(await verify()).toMatchObject({ isIntact: false, firstBroken: broken });
  });

  it.each([
    {
      keeps: 'and the checkpoints with it, under a key of their own',
      forget: ['audit_checkpoints', 'audit_chain'],
      fault: 'checkpoint_forged',
    },
    { keeps: 'but not the checkpoints', forget: ['audit_chain'], fault: 'checkpoint_contradicted' },
  ])('shows that somebody rewrote the whole chain, $keeps', async ({ forget, fault }) => {
    await writeAndSeal(3);
    await tamper(`update audit_log set actor = 'user:other' where sequence = 1`);
    for (const table of forget) await tamper(`delete from ${table}`);
    const forger = await startSecuredApp({ databaseUrl: secured.databaseUrl, environment: { ENCRYPTION_KEY: 'x'.repeat(40) } });
    await forger.app.get(AuditSealer).sealNext();
    await forger.close();

    expect(await verify()).toMatchObject({ isIntact: false, firstBroken: { fault, position: 3 } });
  });

  it('signs the head once an hour', async () => {
    await writeAndSeal(1);
    await writeAndSeal(1);
    secured.clock.advance(HOUR_MS);
    await writeAndSeal(1);

    expect(await verify()).toMatchObject({ isIntact: true, checkedLinks: 3, checkedCheckpoints: 2 });
  });

  it('verifies checkpoints after the encryption key was replaced', async () => {
    await writeAndSeal(1);
    const environment = { ENCRYPTION_KEY: 'y'.repeat(40), ENCRYPTION_KEYS_PREVIOUS: secured.config.security.encryptionKey };
    const rotated = await startSecuredApp({ databaseUrl: secured.databaseUrl, environment });

    const verification = await rotated.app.get(AuditVerifier).verify();

    await rotated.close();
    expect(verification.isIntact).toBe(true);
  });

  it('verifies in parts', async () => {
    await writeAndSeal(5);
    const verifier = secured.app.get(AuditVerifier);

    const first = await verifier.verify({ from: 1, maxLinks: 3 });
    const rest = await verifier.verify({ from: first.nextPosition ?? 0, maxLinks: 10 });

    expect(first).toMatchObject({ isIntact: true, checkedLinks: 3, nextPosition: 4 });
    expect(rest).toMatchObject({ isIntact: true, checkedLinks: 2, nextPosition: null });
  });

  it('makes a broken chain a critical incident', async () => {
    await writeAndSeal(1);
    await tamper(`update audit_log set actor = 'x'`);

    await verify();
    await secured.app.get(SecurityIncidents).flush();

    expect(await secured.database.query(`select severity from security_incidents where type = 'audit_chain_broken'`)).toEqual([
      { severity: 'critical' },
    ]);
  });
});
