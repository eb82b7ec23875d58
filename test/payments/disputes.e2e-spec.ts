/** A dispute from its arrival to its end over the whole product: states, money, what merchants see and are told, and refunds meanwhile. */
import { LedgerRepository } from '#payments';
import { ApiKeysService } from '#security';
import { waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';
import { type DisputeBody, Disputes } from './disputes.js';

let system: TestSystem;
let disputes: Disputes;

beforeAll(async () => {
  system = await TestSystem.start();
  disputes = new Disputes(system);
}, 60_000);
afterAll(async () => {
  const differences = await system.app.get(LedgerRepository).findDifferences();
  await system.stop();
  expect(differences).toEqual([]);
});

const refund = (paymentId: string, body: object = {}) =>
  system.call('POST', `/api/payments/${paymentId}/refunds`, { key: `refund-${paymentId}-${JSON.stringify(body)}`, body });
const paymentOf = async (id: string): Promise<DisputeBody> => (await system.call('GET', `/api/payments/${id}`)).body;
const answer = (dispute: DisputeBody, text: string) =>
  disputes.atStripe(`disputes/${dispute.stripeDisputeId as string}`, { 'evidence[uncategorized_text]': text });

describe('a dispute', () => {
  it('takes the money, is answered and won, and the money is back', async () => {
    const opened = await disputes.open();
    await answer(opened, 'winning_evidence');
    await disputes.pass(2);
    const won = await disputes.reach(opened.id, 'won');

    const { body: movements } = await system.call('GET', `/api/disputes/${opened.id as string}/movements`);
    const timeline = (await system.call('GET', `/api/payments/${opened.paymentId as string}/timeline`)).body.data as DisputeBody[];
    expect(opened).toMatchObject({
      object: 'dispute',
      status: 'needs_response',
      reason: 'fraudulent',
      amount: 5_000,
      areFundsWithdrawn: true,
    });
    expect(won).toMatchObject({ areFundsWithdrawn: false, submissionCount: 1, hasEvidence: true });
    expect(movements.data).toEqual([
      expect.objectContaining({ kind: 'withdrawn', amount: 5_000, fee: 1_500, currency: 'usd' }),
      expect.objectContaining({ kind: 'reinstated', amount: 5_000, fee: 0 }),
    ]);
    expect((await disputes.told(opened.id))[0]).toBe('dispute.created');
    expect((await disputes.told(opened.id)).toSorted()).toEqual(
      ['dispute.created', 'dispute.funds_withdrawn', 'dispute.updated', 'dispute.funds_reinstated', 'dispute.closed'].toSorted(),
    );
    expect(timeline.filter(({ kind }) => kind === 'dispute').map(({ details }) => details.statusAfter)).toEqual([
      'needs_response',
      'needs_response',
      'under_review',
      'under_review',
      'won',
    ]);
  });

  it('counts as disputed until it is won, and when it is lost for ever', async () => {
    const [first, second] = [await disputes.open(), await disputes.open()];
    const during = await paymentOf(first.paymentId);
    await answer(first, 'winning_evidence');
    await answer(second, 'losing_evidence');
    await disputes.pass(2);
    await disputes.reach(first.id, 'won');
    await disputes.reach(second.id, 'lost');

    const [row] = await system.database.query('select amount_disputed_minor as disputed from payments where id = $1', [first.paymentId]);
    const [lost] = await system.database.query('select amount_disputed_minor as disputed from payments where id = $1', [second.paymentId]);
    expect(during.status).toBe('succeeded');
    expect(row).toEqual({ disputed: 0 });
    expect(lost).toEqual({ disputed: 5_000 });
    expect(await disputes.get(second.id)).toMatchObject({ areFundsWithdrawn: true });
  });

  it('is the same after all its events came again, backwards', async () => {
    const { id, stripeDisputeId } = await disputes.open();
    await disputes.atStripe(`disputes/${stripeDisputeId as string}/close`);
    await disputes.reach(id, 'lost');
    const before = { dispute: await disputes.get(id), told: await disputes.told(id) };
    const events = await system.database.query<{ id: string }>(
      `select stripe_event_id as id from webhook_events where object_id = $1 order by sequence desc`,
      [stripeDisputeId],
    );

    for (const event of events) await system.control('POST', '/_sandbox/webhooks', { resend: event.id, times: 2 });
    await system.call('POST', '/api/admin/webhook-events/replay', {
      body: { filter: { objectId: stripeDisputeId }, reason: 'again', dryRun: false },
    });
    await waitFor(async () => (await system.database.query('select 1 from webhook_jobs limit 1')).length === 0);

    expect(events.length).toBeGreaterThanOrEqual(3);
    expect({ dispute: await disputes.get(id), told: await disputes.told(id) }).toEqual(before);
  });

  it('may be only an inquiry, which can become a dispute', async () => {
    const inquiry = await disputes.open('pm_card_createDisputeInquiry');
    await answer(inquiry, 'escalate_inquiry_evidence');
    await disputes.pass(6);

    const dispute = await disputes.reach(inquiry.id, 'needs_response');
    await waitFor(async () => (await disputes.get(inquiry.id)).areFundsWithdrawn === true);
    expect(inquiry).toMatchObject({ status: 'warning_needs_response', areFundsWithdrawn: false, isChargeRefundable: true });
    expect(dispute).toMatchObject({ isChargeRefundable: false });
  });
});

describe('a list of disputes', () => {
  it('pages, filters and shows another merchant nothing', async () => {
    await disputes.open();
    await disputes.open('pm_card_createDisputeProductNotReceived');

    const first = (await system.call('GET', '/api/disputes?limit=1')).body;
    const second = (await system.call('GET', `/api/disputes?limit=1&startingAfter=${first.data[0].id as string}`)).body;
    const open = (await system.call('GET', '/api/disputes?status=needs_response&limit=100')).body;

    expect(first).toMatchObject({ object: 'list', hasMore: true, data: [{ reason: 'product_not_received' }] });
    expect(second.data[0].id < first.data[0].id).toBe(true);
    expect(open.data.every(({ status }: DisputeBody) => status === 'needs_response')).toBe(true);
    expect((await system.call('GET', '/api/disputes?status=open')).status).toBe(400);
    expect((await system.call('GET', `/api/disputes/${first.data[0].id as string}x`)).body.code).toBe('dispute_not_found');
  });
});

describe('a refund of a disputed payment', () => {
  it('is refused while the bank has the money, with force too', async () => {
    const { paymentId } = await disputes.open();

    const refused = await refund(paymentId);
    const forced = await refund(paymentId, { force: true });

    expect(refused).toMatchObject({ status: 409, body: { code: 'charge_disputed', advice: 'do_not_retry' } });
    expect(forced).toMatchObject({ status: 409, body: { code: 'charge_disputed' } });
  });

  it('settles an inquiry with force, for those who answer disputes', async () => {
    const { paymentId } = await disputes.open('pm_card_createDisputeInquiry');
    const wish = { merchantId: system.merchantId, livemode: false, name: 'support', scopes: ['refunds:write' as const] };
    const { text: credential } = await system.app.get(ApiKeysService, { strict: false }).create(wish, { actor: 'system:test' });
    const bySupport = { key: 'by-support', body: { force: true }, credential };

    const byOther = await system.call('POST', `/api/payments/${paymentId as string}/refunds`, bySupport);
    const refused = await refund(paymentId);
    const forced = await refund(paymentId, { force: true });

    expect(byOther).toMatchObject({ status: 403, body: { code: 'permission_denied' } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'charge_disputed', advice: 'fix', dispute: { isChargeRefundable: true } } });
    expect(forced).toMatchObject({ status: 201, body: { amount: 5_000 } });
  });

  it('is possible again once the dispute is won', async () => {
    const opened = await disputes.open();
    await answer(opened, 'winning_evidence');
    await disputes.pass(2);
    await disputes.reach(opened.id, 'won');

    expect(await refund(opened.paymentId)).toMatchObject({ status: 201 });
  });
});

describe('the books of disputes', () => {
  it('show what was changed by hand', async () => {
    const { id } = await disputes.open();
    const books = system.app.get(LedgerRepository);

    await system.database.query('update disputes set are_funds_withdrawn = false, amount_minor = 1 where id = $1', [id]);
    const differences = await books.findDifferences();
    await system.database.query('update disputes set are_funds_withdrawn = true, amount_minor = 5000 where id = $1', [id]);

    expect(differences.filter((each) => each.id === id).map(({ field }) => field)).toEqual(
      expect.arrayContaining(['dispute amount_minor', 'dispute are_funds_withdrawn', 'dispute money']),
    );
    expect(await books.findDifferences()).toEqual([]);
  });
});

describe('what merchants are told of refunds', () => {
  it('is each of their states, in order', async () => {
    const { id } = await disputes.pay('pm_card_refundFail');
    const { body } = await refund(id);
    await disputes.pass(10);
    await waitFor(async () => (await disputes.told(body.id)).includes('refund.failed'));

    const events = await system.database.query('select type, sequence, data from outbox_events where object_id = $1 order by sequence', [
      body.id,
    ]);

    expect(events).toEqual([
      { type: 'refund.created', sequence: 1, data: expect.objectContaining({ object: 'refund', status: 'pending' }) as object },
      { type: 'refund.updated', sequence: 2, data: expect.objectContaining({ status: 'succeeded', amount: 5_000 }) as object },
      { type: 'refund.failed', sequence: 3, data: expect.objectContaining({ status: 'failed', paymentId: id }) as object },
    ]);
  });
});
