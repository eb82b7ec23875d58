/** The time to answer a dispute runs out: operators and the merchant are told of each threshold, once. */
import { DisputeAlarms } from '#monitoring';
import { DisputeKeeper } from '#payments';
import { metricValue } from '#test';
import { type DisputeBody, Disputes } from '../payments/disputes.js';
import { TestSystem } from '../support/test-system.js';

const DAY_HOURS = 24;

let system: TestSystem;
let disputes: Disputes;

beforeAll(async () => {
  system = await TestSystem.start({ environment: { ALERT_WEBHOOK_URL: 'https://pager.example/hook', ALERT_INTERVAL_SECONDS: '3600' } });
  disputes = new Disputes(system);
}, 60_000);
afterAll(() => system.stop());

const raise = () => system.app.get(DisputeAlarms, { strict: false }).raiseDue();

/** A dispute whose evidence is due in so many hours. */
async function dueIn(hours: number): Promise<DisputeBody> {
  const dispute = await disputes.open();
  await system.database.query('update disputes set evidence_due_by = now() + make_interval(secs => $2) where id = $1', [
    dispute.id,
    hours * 3_600,
  ]);
  return dispute;
}

async function alarmsOf(dispute: DisputeBody): Promise<string[]> {
  const rows = await system.database.query<{ alarm: string }>('select alarm from dispute_alarms where dispute_id = $1 order by raised_at', [
    dispute.id,
  ]);
  return rows.map(({ alarm }) => alarm);
}

async function pagedOf(dispute: DisputeBody): Promise<{ alarm: string; severity: string }[]> {
  const rows = await system.database.query<{ body: string }>('select body from notifications order by created_at');
  return rows.map(({ body }) => JSON.parse(body)).filter(({ disputeId }) => disputeId === dispute.id);
}

describe('the deadline of a dispute', () => {
  it.each([
    { hours: 7 * DAY_HOURS + 1, alarms: [] },
    { hours: 7 * DAY_HOURS - 1, alarms: ['7_days'], severity: 'warning' },
    { hours: 3 * DAY_HOURS + 1, alarms: ['7_days'], severity: 'warning' },
    { hours: 3 * DAY_HOURS - 1, alarms: ['3_days'], severity: 'warning' },
    { hours: DAY_HOURS - 1, alarms: ['24_hours'], severity: 'critical' },
    { hours: -1, alarms: ['overdue'], severity: 'critical' },
  ])('$hours hours ahead raises $alarms, once for two workers and a restart', async ({ hours, alarms, severity }) => {
    const dispute = await dueIn(hours);

    await Promise.all([raise(), raise()]);
    await raise();

    const paged = await pagedOf(dispute);
    const told = (await disputes.told(dispute.id)).filter((type) => type === 'dispute.evidence_due');
    expect(await alarmsOf(dispute)).toEqual(alarms);
    expect(paged.map((each) => [each.alarm, each.severity])).toEqual(alarms.map((alarm) => [alarm, severity]));
    expect(told).toHaveLength(alarms.length);
  });

  it('that is another one is alarmed of anew', async () => {
    const dispute = await dueIn(DAY_HOURS - 1);
    await raise();

    await system.database.query(`update disputes set evidence_due_by = evidence_due_by + interval '6 days' where id = $1`, [dispute.id]);
    await raise();

    expect(await alarmsOf(dispute)).toEqual(['24_hours', '7_days']);
  });

  it('is nobody’s concern once the dispute is answered, or needs no answer', async () => {
    const [answered, closed] = [await dueIn(DAY_HOURS - 1), await dueIn(DAY_HOURS - 1)];
    await system.app.get(DisputeKeeper, { strict: false }).lookDue();
    const { body: draft } = await system.call('GET', `/api/disputes/${answered.id as string}/evidence`);
    await system.call('POST', `/api/disputes/${answered.id as string}/submit`, { body: { evidenceVersion: draft.evidenceVersion } });
    await disputes.atStripe(`disputes/${closed.stripeDisputeId as string}/close`);
    await disputes.reach(closed.id, 'lost');

    await raise();

    expect((await disputes.get(answered.id)).answer).toMatchObject({ state: 'done' });
    expect([await alarmsOf(answered), await alarmsOf(closed)]).toEqual([[], []]);
  });

  it('tells the merchant what is due, when and how much time is left', async () => {
    const dispute = await dueIn(20.5);
    await raise();

    const [event] = await system.database.query<{ data: DisputeBody }>(
      `select data from outbox_events where object_id = $1 and type = 'dispute.evidence_due'`,
      [dispute.id],
    );

    expect(event?.data).toMatchObject({
      id: dispute.id,
      object: 'dispute',
      alarm: '24_hours',
      hoursLeft: 20,
      amount: 5_000,
      currency: 'usd',
    });
    expect(event?.data.evidenceDueBy).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/);
  });

  it('is counted for Prometheus by the hours that are left', async () => {
    await system.database.query(`update disputes set evidence_due_by = now() + interval '30 days' where response is null`);
    await dueIn(DAY_HOURS - 1);
    await dueIn(-1);

    const { ok } = await fetch(`${system.url}/metrics/prometheus`, { headers: { authorization: 'Bearer metrics-token-of-the-tests' } });

    const waiting = await Promise.all(['24', 'overdue', '72'].map((left) => metricValue('upp_disputes_unanswered', { hours_left: left })));
    expect(ok).toBe(true);
    expect(waiting).toEqual([1, 1, 0]);
    expect(await metricValue('upp_disputes_unanswered', { hours_left: 'later' })).toBeGreaterThan(3);
  });
});
