/** Evidence of disputes over the whole product: assembled from our own books, changed by people, submitted once. */
import { DisputeKeeper } from '#payments';
import { TestSystem } from '../support/test-system.js';
import { dieAt } from './api-process.js';
import { type DisputeBody, Disputes } from './disputes.js';

let system: TestSystem;
let disputes: Disputes;

beforeAll(async () => {
  system = await TestSystem.start();
  disputes = new Disputes(system);
}, 60_000);
afterAll(() => system.stop());

/** The worker's turn, as it would come by itself. */
async function keep(): Promise<void> {
  await system.database.query('update disputes set next_check_at = now() where next_check_at is not null');
  await system.app.get(DisputeKeeper, { strict: false }).lookDue();
}
const evidenceOf = async (id: string): Promise<DisputeBody> => (await system.call('GET', `/api/disputes/${id}/evidence`)).body;
const stage = (id: string, body: object) => system.call('POST', `/api/disputes/${id}/evidence`, { body });
const submit = (id: string, evidenceVersion: number) => system.call('POST', `/api/disputes/${id}/submit`, { body: { evidenceVersion } });
const atStripe = (dispute: DisputeBody) => disputes.atStripe(`disputes/${dispute.stripeDisputeId as string}`, null);
const strike = (fault: string) => system.control('POST', '/_sandbox/faults', { fault, route: 'POST /v1/disputes/{id}', times: 1 });
const auditOf = async (id: string): Promise<string[]> => {
  const rows = await system.database.query<{ action: string }>('select action from audit_log where object_id = $1 order by sequence', [id]);
  return rows.map(({ action }) => action);
};
/** A dispute whose draft says what decides it in the sandbox. */
async function ready(text = 'winning_evidence', method?: string): Promise<DisputeBody> {
  const dispute = await disputes.open(method);
  await keep();
  await stage(dispute.id, { fields: { uncategorizedText: text } });
  return disputes.get(dispute.id);
}

describe('the draft', () => {
  it('is assembled from what our own books know, without anybody asking', async () => {
    const device = await system.device({ name: 'Counter 1' });
    const parts = { deviceId: device.id, customerEmail: 'guest@example.com', description: 'Two concert tickets' };
    const earlier = await disputes.pay('pm_card_visa', parts, device.credential);
    const dispute = await disputes.open('pm_card_createDispute', { ...parts, amount: 7_100 }, device.credential);

    const before = await evidenceOf(dispute.id);
    await keep();
    const draft = await evidenceOf(dispute.id);

    expect(before).toMatchObject({ evidenceVersion: 0, fields: {}, length: 0 });
    expect(draft).toMatchObject({ object: 'dispute_evidence', evidenceVersion: 1, isStaged: false, compelling: null });
    expect(draft.fields).toMatchObject({
      productDescription: 'Two concert tickets',
      customerEmailAddress: 'guest@example.com',
      customerPurchaseIp: '127.0.0.1',
    });
    expect(draft.fields.accessActivityLog).toContain('"Counter 1" (smartphone) registered');
    expect(draft.fields.accessActivityLog).toContain(
      `Payment ${earlier.id as string} of USD 50.00 by the same device and customer, from IP address`,
    );
    expect(draft.fields.uncategorizedText).toMatch(/3-D Secure: not requested[^]*Card: visa ending in \d{4}[^]*Score \d+ of 100/);
    expect(draft.fields.uncategorizedText).toContain('Earlier undisputed payments of the same payer: 1');
    expect(draft.fields.uncategorizedText).toMatch(/Total +USD 71\.00/);
    expect(await auditOf(dispute.id)).toEqual([]);
    expect((await atStripe(dispute)).evidence_details).toMatchObject({ has_evidence: false, submission_count: 0 });
  });

  it('names no address of the payer when the merchant’s server sent the request', async () => {
    const dispute = await disputes.open();
    await keep();

    const { fields } = await evidenceOf(dispute.id);

    expect(fields).not.toHaveProperty('customerPurchaseIp');
    expect(fields.accessActivityLog).not.toContain('127.0.0.1');
  });

  it('is sealed in the database, and gone with its payer', async () => {
    const dispute = await disputes.open('pm_card_createDispute', { customerEmail: 'erased@example.com' });
    await keep();
    const [row] = await system.database.query<{ sealed: string }>('select evidence_sealed as sealed from disputes where id = $1', [
      dispute.id,
    ]);
    const { customerId } = (await system.call('GET', `/api/payments/${dispute.paymentId as string}`)).body;

    const { status } = await system.call('POST', `/api/admin/customers/${customerId as string}/erase`);

    expect(row?.sealed).not.toContain('example.com');
    expect(status).toBe(200);
    expect((await evidenceOf(dispute.id)).fields).toEqual({});
    expect((await stage(dispute.id, { fields: { customerName: 'A' } })).body.code).toBe('evidence_erased');
  });

  it('proves by two earlier payments of the same card and device that the payer is known, where Visa takes that', async () => {
    const device = await system.device();
    const parts = { deviceId: device.id, customerEmail: 'regular@example.com' };
    const prior = [
      await disputes.pay('pm_card_visa', parts, device.credential),
      await disputes.pay('pm_card_visa', parts, device.credential),
    ];
    const recent = await disputes.pay('pm_card_visa', parts, device.credential);
    const ids = prior.map(({ id }) => id as string);
    const sameCard = `update payments set payment_method = 'pm_card_createCe3EligibleDispute'`;
    await system.database.query(`${sameCard}, created_at = now() - interval '200 days' where id = any ($1)`, [ids]);
    await system.database.query(`${sameCard} where id = $1`, [recent.id]);
    const dispute = await disputes.open('pm_card_createCe3EligibleDispute', parts, device.credential);
    await keep();

    const { compelling } = await evidenceOf(dispute.id);
    const refused = await stage(dispute.id, {
      compelling: { priorPaymentIds: [ids[0], recent.id], merchandiseOrServices: 'services', productDescription: 'Lessons' },
    });
    const chosen = await stage(dispute.id, {
      compelling: { priorPaymentIds: ids, merchandiseOrServices: 'services', productDescription: 'Lessons' },
    });

    const elements = { customerDeviceId: device.id, customerEmailAddress: 'regular@example.com', customerPurchaseIp: '127.0.0.1' };
    expect(compelling).toMatchObject({ merchandiseOrServices: 'merchandise', disputed: elements });
    expect(compelling.prior.map((each: DisputeBody) => each.paymentId).toSorted()).toEqual(ids.toSorted());
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'compelling_evidence_invalid', problems: [expect.stringContaining(recent.id as string)] },
    });
    expect(chosen).toMatchObject({ status: 200, body: { compelling: { merchandiseOrServices: 'services' } } });
    const { evidence } = await atStripe(dispute);
    expect(evidence.enhanced_evidence.visa_compelling_evidence_3).toMatchObject({
      disputed_transaction: { customer_device_id: device.id, merchandise_or_services: 'services' },
      prior_undisputed_transactions: [
        { charge: expect.stringMatching(/^ch_/) as string },
        { customer_email_address: 'regular@example.com' },
      ],
    });
  });
});

describe('a change of the draft', () => {
  it('is staged at Stripe, submits nothing and is audited by its fields', async () => {
    const dispute = await disputes.open();
    await keep();

    const { status, body } = await stage(dispute.id, {
      fields: { customerName: 'Ada Lovelace', uncategorizedText: 'She was here.' },
      evidenceVersion: 1,
    });

    const { evidence, evidence_details: details, status: stripeStatus } = await atStripe(dispute);
    expect(status).toBe(200);
    expect(body).toMatchObject({ evidenceVersion: 2, isStaged: true, fields: { customerName: 'Ada Lovelace' } });
    expect(evidence).toMatchObject({
      customer_name: 'Ada Lovelace',
      uncategorized_text: 'She was here.',
      product_description: expect.any(String) as string,
    });
    expect({ stripeStatus, details }).toMatchObject({
      stripeStatus: 'needs_response',
      details: { has_evidence: true, submission_count: 0 },
    });
    expect(await auditOf(dispute.id)).toEqual(['dispute_evidence_changed']);
  });

  it('of a version that somebody else has changed is refused', async () => {
    const { id, evidenceVersion } = await ready();

    expect(await stage(id, { fields: { customerName: 'B' }, evidenceVersion: evidenceVersion - 1 })).toMatchObject({
      status: 409,
      body: { code: 'evidence_version_conflict', evidenceVersion },
    });
  });

  it('takes nothing back that Stripe has staged', async () => {
    const { id } = await ready();

    expect(await stage(id, { fields: { uncategorizedText: null } })).toMatchObject({
      status: 422,
      body: { code: 'evidence_staged', fields: ['uncategorizedText'] },
    });
  });

  it.each([
    ['a field that is too long', { uncategorizedText: 'x'.repeat(20_001) }],
    ['a file that is none', { receipt: 'https://example.com/receipt.pdf' }],
    ['an unknown field', { winning: 'yes' }],
    ['empty text', { customerName: '' }],
  ])('with %s is refused', async (_title, fields) => {
    const { id } = await disputes.open();

    expect((await stage(id, { fields })).status).toBe(400);
  });

  it('that Stripe did not hear of is staged by the worker', async () => {
    const dispute = await disputes.open();
    await keep();
    await strike('error_unsaved');

    const { body } = await stage(dispute.id, { fields: { customerName: 'Later' } });
    await keep();

    expect(body).toMatchObject({ isStaged: false });
    expect(await evidenceOf(dispute.id)).toMatchObject({ isStaged: true });
    expect((await atStripe(dispute)).evidence.customer_name).toBe('Later');
  });

  it('is refused after the deadline', async () => {
    const { id } = await ready();
    await system.database.query(`update disputes set evidence_due_by = now() - interval '1 second' where id = $1`, [id]);

    expect((await stage(id, { fields: { customerName: 'Late' } })).body.code).toBe('evidence_past_due');
    expect((await submit(id, 2)).body.code).toBe('evidence_past_due');
  });
});

describe('submitting', () => {
  it('is done once, by the first of many', async () => {
    const dispute = await ready();

    const answers = await Promise.all(Array.from({ length: 5 }, () => submit(dispute.id, dispute.evidenceVersion)));
    const again = await submit(dispute.id, dispute.evidenceVersion);

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409]);
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'dispute_already_answered', dispute: { answer: { act: 'submit', state: 'done' } } },
    });
    expect((await atStripe(dispute)).evidence_details.submission_count).toBe(1);
    expect((await auditOf(dispute.id)).filter((action) => action === 'dispute_evidence_submitted')).toHaveLength(1);
    expect((await stage(dispute.id, { fields: { customerName: 'C' } })).body.code).toBe('dispute_already_answered');
    await disputes.pass(2);
    expect(await disputes.reach(dispute.id, 'won')).toMatchObject({ submissionCount: 1, answer: { state: 'done' } });
  });

  it('needs the version that was read, and some evidence', async () => {
    const dispute = await ready();
    const fresh = await disputes.open();

    expect((await submit(dispute.id, 1)).body.code).toBe('evidence_version_conflict');
    expect(await submit(fresh.id, 1)).toMatchObject({ status: 409 });
    expect((await system.call('POST', `/api/disputes/${dispute.id as string}/submit`, { body: {} })).status).toBe(400);
  });

  it('whose answer was lost is found out by the worker', async () => {
    const dispute = await ready();
    await strike('error');

    const { status, body } = await submit(dispute.id, dispute.evidenceVersion);
    await keep();

    expect(status).toBe(202);
    expect(body.answer).toMatchObject({ act: 'submit', state: 'sending' });
    expect(await disputes.get(dispute.id)).toMatchObject({ answer: { state: 'done' }, submissionCount: 1 });
    expect((await atStripe(dispute)).evidence_details.submission_count).toBe(1);
  });

  it.each(['hang_before', 'error_before'])(
    'that was not done (%s) is sent again by the worker',
    async (fault) => {
      const dispute = await ready();
      await strike(fault);

      const { status } = await submit(dispute.id, dispute.evidenceVersion);
      // Behind an error that Stripe has stored, the first look meets it again, and the second has a key of its own.
      await keep();
      await keep();

      expect(status).toBe(202);
      expect(await disputes.get(dispute.id)).toMatchObject({ answer: { state: 'done' } });
      expect((await atStripe(dispute)).evidence_details.submission_count).toBe(1);
    },
    60_000,
  );

  it('that Stripe did not take now may be done again', async () => {
    const dispute = await ready();
    await strike('rate_limited_no_retry');

    const first = await submit(dispute.id, dispute.evidenceVersion);
    const second = await submit(dispute.id, dispute.evidenceVersion);

    expect(first).toMatchObject({ status: 503, body: { code: 'dispute_answer_not_sent' } });
    expect(second.status).toBe(200);
  });

  it('that Stripe refuses says why', async () => {
    const dispute = await ready();
    system.loseWebhooks(true);
    await disputes.atStripe(`disputes/${dispute.stripeDisputeId as string}/close`);

    const refused = await submit(dispute.id, dispute.evidenceVersion);
    system.loseWebhooks(false);

    expect(refused).toMatchObject({ status: 422, body: { code: 'dispute_answer_refused', gatewayCode: 'status_transition_invalid' } });
    expect(await disputes.get(dispute.id)).toMatchObject({ answer: null, answerError: 'status_transition_invalid' });
  });

  it.each(['after_dispute_answer_recorded', 'after_dispute_answer_sent'] as const)(
    'by a process that dies %s is finished by the worker, once',
    async (point) => {
      const dispute = await ready();
      await dieAt(system, point, {
        path: `/api/disputes/${dispute.id as string}/submit`,
        key: point,
        body: { evidenceVersion: dispute.evidenceVersion },
      });

      const during = await submit(dispute.id, dispute.evidenceVersion);
      await keep();

      expect(during.body.code).toBe('dispute_already_answered');
      expect(await disputes.get(dispute.id)).toMatchObject({ answer: { state: 'done' } });
      expect((await atStripe(dispute)).evidence_details.submission_count).toBe(1);
    },
    60_000,
  );
});

describe('closing', () => {
  it('accepts the dispute, once, with a reason in the audit log', async () => {
    const dispute = await disputes.open('pm_card_createDisputeProductNotReceived');
    const close = () => system.call('POST', `/api/disputes/${dispute.id as string}/close`, { body: { reason: 'the parcel is lost' } });

    const [first, second] = [await close(), await close()];

    const [line] = await system.database.query('select reason, actor from audit_log where object_id = $1', [dispute.id]);
    expect(first).toMatchObject({ status: 200, body: { status: 'lost', answer: { act: 'close', state: 'done' } } });
    expect(second).toMatchObject({ status: 409, body: { code: 'dispute_already_answered' } });
    expect(line).toEqual({ reason: 'the parcel is lost', actor: expect.stringMatching(/^merchant_key:/) as string });
  });
});
