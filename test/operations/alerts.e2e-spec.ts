import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { AlertEngine } from '#monitoring';
import { NotificationsService } from '#operations';
import { TestSystem } from '../support/test-system.js';
import { issueTestCertificate, writePair } from '../ssl/test-certificates.js';
import { MailServer } from './mail-server.js';

describe('alerts', () => {
  let folder: string;
  let mail: MailServer;
  let pager: Server;
  const posted: { state: string; rule: string }[] = [];
  let system: TestSystem;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-mail-'));
    const certificate = await issueTestCertificate();
    const { certificateFile } = writePair(folder, 'mail', certificate);
    mail = await MailServer.start(certificate);
    pager = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        posted.push(JSON.parse(body) as (typeof posted)[number]);
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => pager.listen(0, '127.0.0.1', resolve));
    system = await TestSystem.start({
      environment: {
        SMTP_HOST: 'localhost',
        SMTP_CA_FILE: certificateFile,
        SMTP_PORT: String(mail.port),
        SMTP_USER: 'upp',
        SMTP_PASSWORD: 'mail-password',
        MAIL_FROM: 'upp@shop.test',
        ALERT_MAIL_TO: 'ops@shop.test',
        ALERT_WEBHOOK_URL: `http://127.0.0.1:${(pager.address() as AddressInfo).port}/hook`,
        OUTBOUND_ALLOWED_CIDRS: '127.0.0.0/8',
        ALERT_INTERVAL_SECONDS: '3600',
      },
    });
  });

  afterAll(async () => {
    await system.stop();
    await mail.stop();
    rmSync(folder, { recursive: true });
    await new Promise((resolve) => pager.close(resolve));
  });

  afterEach(async () => {
    await system.database.query('delete from alerts');
    await system.database.query('delete from notifications');
    await system.database.query('delete from webhook_dead');
    mail.mails.length = 0;
    mail.refuseWith = null;
    posted.length = 0;
  });

  const look = () => system.app.get(AlertEngine, { strict: false }).watchDeployment();
  const bury = (sequence: number) =>
    system.database.query(`insert into webhook_dead (event_sequence, attempts, last_error) values ($1, 10, 'x')`, [sequence]);

  async function deliver(): Promise<void> {
    while ((await system.app.get(NotificationsService, { strict: false }).deliverDue()) > 0);
  }

  it('are told once by mail and webhook while they last, and once when they are over', async () => {
    await bury(1);
    await look();
    await look();
    await deliver();
    const openMails = mail.mails.length;
    await system.database.query('delete from webhook_dead');
    await system.database.query(`update alerts set last_seen_at = now() - interval '1 day'`);
    await look();
    await deliver();

    expect(openMails).toBe(1);
    expect(mail.mails[0]).toMatchObject({ to: ['ops@shop.test'], isEncrypted: true });
    expect(mail.mails[0]?.text).toContain('Subject: [warning] webhook_dead');
    expect(mail.mails[1]?.text).toContain('Subject: [resolved] webhook_dead');
    expect(posted.map(({ state, rule }) => [state, rule])).toEqual([
      ['open', 'webhook_dead'],
      ['resolved', 'webhook_dead'],
    ]);
  });

  it('are told again after hours unless somebody has acknowledged them', async () => {
    await bury(1);
    await look();
    await system.database.query(`update alerts set notified_at = now() - interval '5 hours'`);
    await look();
    const { body } = await system.call('GET', '/api/admin/alerts');
    const acknowledged = await system.call('POST', `/api/admin/alerts/${body.data[0].id}/acknowledge`, { body: {} });
    await system.database.query(`update alerts set notified_at = now() - interval '5 hours'`);
    await look();
    const [row] = await system.database.query<{ count: number }>(`select count(*) as count from notifications where channel = 'webhook'`);

    expect(acknowledged.body.acknowledgedBy).toMatch(/^merchant_key:key_/);
    expect(row?.count).toBe(2);
  });

  it('watch over the success of payments, of which a few say nothing', async () => {
    const device = await system.device();
    for (let index = 0; index < 3; index++) {
      await system.call('POST', '/api/payments', {
        key: `declined-${index}`,
        body: { amount: 900, currency: 'usd', deviceId: device.id, paymentMethod: 'pm_card_chargeDeclined' },
      });
    }
    await look();
    const few = await system.call('GET', '/api/admin/alerts');
    await system.database.query(
      `insert into payments (id, merchant_id, livemode, status, amount_minor, currency, device_id, device_type, business_type, profile_version, method, payment_method, capture_method)
       select id || n, merchant_id, livemode, status, amount_minor, currency, device_id, device_type, business_type, profile_version, method, payment_method, capture_method
       from payments, generate_series(1, 4) n where device_id = $1`,
      [device.id],
    );
    await look();
    const many = await system.call('GET', '/api/admin/alerts');

    expect(few.body.data).toEqual([]);
    expect(many.body.data).toMatchObject([{ rule: 'payment_success_low', severity: 'warning' }]);
  });

  it('name what has drifted for the fraud model that acts, and not for one that looks on', async () => {
    await system.database.query(`insert into fraud_models (version, mode, document, created_by)
      values ('acting', 'live', '{}', 'test'), ('onlooker', 'shadow', '{}', 'test')`);
    await system.database.query(`insert into fraud_model_drift (model_version, day, feature, payments, stability_index)
      values ('onlooker', current_date, 'amount', 900, 2), ('acting', current_date - 1, 'amount', 900, 1), ('acting', current_date, 'amount', 900, 0.25)`);
    const opened = () => system.database.query(`select summary from alerts where rule = 'fraud_model_drifted'`);

    await look();
    expect(await opened()).toEqual([]);

    await system.database.query(
      `update fraud_model_drift set stability_index = 0.26 where model_version = 'acting' and day = current_date`,
    );
    await look();
    expect(await opened()).toEqual([{ summary: 'amount is no longer what the fraud model learned: stability index 0.26' }]);
    await system.database.query('delete from fraud_model_drift');
    await system.database.query('delete from fraud_models');
  });

  it('say how far the back-fill of Stripe’s events is behind, and that the books differ', async () => {
    const opened = () =>
      system.database.query(`select rule, severity from alerts where rule ~ '^(webhook_back_fill|reconciliation)_' order by rule`);
    const readUntil = (days: number) =>
      system.database.query(
        `insert into webhook_cursors (name, read_until) select name, now() - make_interval(days => $1) from unnest(array['all', 'undelivered']) as name
         on conflict (name) do update set read_until = excluded.read_until`,
        [days],
      );
    await system.database.query(`insert into reconciliation_runs (id, day) values ('rec_1', current_date)`);
    await system.database.query(`insert into reconciliation_breaks (id, run_id, kind, object_id, detail) values
      ('brk_1', 'rec_1', 'foreign', 'pi_1', 'made elsewhere')`);

    await readUntil(0);
    await look();
    expect(await opened()).toEqual([]);

    await readUntil(2);
    await system.database.query(`insert into reconciliation_breaks (id, run_id, kind, object_id, detail) values
      ('brk_2', 'rec_1', 'missing_here', 'pi_2', 'no such payment')`);
    await look();
    expect(await opened()).toEqual([
      { rule: 'reconciliation_breaks', severity: 'warning' },
      { rule: 'webhook_back_fill_late', severity: 'warning' },
    ]);

    await system.database.query('delete from alerts');
    await readUntil(26);
    await look();
    expect(await opened()).toContainEqual({ rule: 'webhook_back_fill_losing', severity: 'critical' });
    await system.database.query('delete from webhook_cursors');
    await system.database.query('delete from reconciliation_breaks');
  });

  it('wait for a mail server that is busy, and give up on one that refuses for good', async () => {
    await bury(1);
    await look();
    mail.refuseWith = 451;
    await deliver();
    const [waiting] = await system.database.query(
      `select attempts, sent_at as "sentAt", next_attempt_at > now() + interval '50 seconds' as "waits" from notifications where channel = 'mail'`,
    );
    mail.refuseWith = 550;
    await system.database.query(`update notifications set next_attempt_at = now() where channel = 'mail'`);
    await deliver();
    const [given] = await system.database.query(
      `select attempts, next_attempt_at as "nextAttemptAt", last_error as error from notifications where channel = 'mail'`,
    );

    expect(waiting).toEqual({ attempts: 1, sentAt: null, waits: true });
    expect(given).toMatchObject({ attempts: 2, nextAttemptAt: null, error: expect.stringContaining('550') });
  });

  it('come as one mail when there are many at once', async () => {
    await system.database.query(
      `insert into notifications (id, channel, recipient, subject, body, dedupe_key)
       select 'ntf_' || n, 'mail', 'ops@shop.test', 'subject ' || n, 'body ' || n, 'key ' || n from generate_series(1, 7) n`,
    );

    await deliver();

    expect(mail.mails).toHaveLength(1);
    expect(mail.mails[0]?.text).toContain('Subject: 7 messages');
    expect(mail.mails[0]?.text).toContain('body 7');
  });
});
