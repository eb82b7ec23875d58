/** Random commands of clients, payers and jobs, with webhooks late, doubled, lost and out of order; then the books of both sides are compared. */
import fc from 'fast-check';
import { canMove, isTerminal, LedgerRepository, type PaymentMover, type PaymentStatus } from '#payments';
import { waitFor } from '#test';
import { WebhookProcessor } from '#webhooks';
import { type Command, command, type Operation } from '../payments/model-commands.js';
import { TestSystem } from '../support/test-system.js';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  // Many calls in a short time, and every one of them may be the last of its kind: no limit of Stripe's is what is being tested.
  system = await TestSystem.start({ environment: { STRIPE_CALLS_PER_SECOND: '1000' } });
});
afterAll(() => system.stop());

// Longer than the refunds of the failing test card take to fail.
const LATER_SECONDS = 10;
const REPLAYED_EVENTS = 8;
const RECENT = 4;

interface Made {
  readonly body: Record<string, unknown>;
  readonly key: string;
  id: string | null;
}

/** One run of commands against the real product; what it made is remembered to be used by later commands. */
class Session {
  readonly made: Made[] = [];
  readonly refusals: number[] = [];

  constructor(private readonly deviceId: string) {}

  async run(step: Command): Promise<void> {
    switch (step.name) {
      case 'pay':
        this.made.push({
          body: {
            amount: step.amount,
            currency: 'usd',
            deviceId: this.deviceId,
            paymentMethod: step.card,
            captureMethod: step.manual ? 'manual' : 'automatic',
            // Where tips are taken until the capture.
            ...(step.manual ? { businessType: 'restaurant' } : {}),
          },
          key: `model-${String(++serial)}`,
          id: null,
        });
        return this.send(this.made.at(-1));
      case 'repeat':
        return this.send(this.pick(step.which));
      case 'confirm':
        return this.operate(await this.declinedOr(step.which), 'confirm', () => ({ paymentMethod: step.card }));
      case 'capture':
        return this.capture(step.which, step.share, step.tip);
      case 'collide':
        await Promise.all(step.how.map((each) => this.act(step.which, each)));
        return;
      case 'cancel':
        return this.operate(step.which, 'cancel', () => ({}));
      case 'refund':
        return this.operate(step.which, 'refunds', (_, received) => ({ amount: Math.max(1, Math.ceil((received * step.share) / 100)) }));
      case 'challenge': {
        const payment = await this.payment(step.which);
        if (payment?.status !== 'requires_action') return;
        // The payer may have answered already while the webhook that says so is still on its way: then there is nothing to answer.
        await system
          .control('POST', `/_sandbox/payment_intents/${String(payment.stripePaymentIntentId)}/authenticate`, { outcome: step.outcome })
          .catch((error: unknown) => {
            if (!String(error).includes('waits for no authentication')) throw error;
          });
        return;
      }
      case 'fault':
        await system.control('POST', '/_sandbox/faults', { fault: step.fault, skip: step.skip });
        return;
      case 'complete':
        return system.completeNow();
    }
  }

  private act(index: number, operation: Operation): Promise<void> {
    switch (operation) {
      case 'confirm':
        return this.operate(index, 'confirm', () => ({ paymentMethod: 'pm_card_mastercard' }));
      case 'capture':
        return this.capture(index, 100, 0);
      case 'cancel':
        return this.operate(index, 'cancel', () => ({}));
      case 'refund':
        return this.operate(index, 'refunds', () => ({}));
      case 'complete':
        return system.completeNow();
    }
  }

  private capture(index: number, share: number, tip: number): Promise<void> {
    return this.operate(index, 'capture', (held) =>
      tip === 0 ? { amount: Math.max(1, Math.ceil((held * share) / 100)) } : { tipAmount: Math.ceil((held * tip) / 100) },
    );
  }

  private async send(made: Made | undefined): Promise<void> {
    if (!made) return;
    const { status, body } = await system.call('POST', '/api/payments', { body: made.body, key: made.key });
    this.note(status);
    made.id ??= (body.id ?? body.payment?.id ?? null) as string | null;
  }

  private async operate(index: number, name: string, bodyOf: (held: number, received: number) => unknown): Promise<void> {
    const payment = await this.payment(index);
    if (!payment) return;
    const body = bodyOf(Number(payment.amountCapturable), Number(payment.amountReceived));
    this.note(
      (await system.call('POST', `/api/payments/${String(payment.id)}/${name}`, { body, key: `model-${String(++serial)}` })).status,
    );
  }

  /** Few payments are declined, and those are the ones that can be paid again; now and then there is none. */
  private async declinedOr(which: number): Promise<number> {
    for (let index = 0; index < Math.min(this.made.length, RECENT); index++) {
      if ((await this.payment(index))?.status === 'requires_payment_method') return index;
    }
    return which;
  }

  private async payment(index: number) {
    const id = this.pick(index)?.id;
    return id ? (await system.call('GET', `/api/payments/${id}`)).body : null;
  }

  private pick(index: number): Made | undefined {
    return this.made[Math.max(0, this.made.length - 1 - index)];
  }

  private note(status: number): void {
    if (status >= 500 && status !== 503) this.refusals.push(status);
  }
}

/** Lets everything that is under way come to its end, and then what the processor changes its mind about. */
async function settle(): Promise<void> {
  await system.control('DELETE', '/_sandbox/faults');
  await comeToRest();
  // What fails later is told by an event alone: none of these is lost, for finding lost ones is the back-fill's business.
  const { disorder } = system.sandbox.sandbox;
  // Its clock runs ahead of ours by now, and signatures of a time to come would be refused.
  const signatureSkewSeconds = disorder.settings.signatureSkewSeconds - LATER_SECONDS;
  disorder.settings = { ...disorder.settings, drop: 0, signatureSkewSeconds };
  await system.control('POST', '/_sandbox/clock', { advance_seconds: LATER_SECONDS });
  await comeToRest();
}

/** Processes again, one by one and the oldest last, what was true of the payments once. */
async function replayOldEvents(ids: readonly string[]): Promise<void> {
  const events = await system.database.query<{ sequence: number }>(
    `select sequence from (
       select sequence, row_number() over (partition by payment_intent_id order by sequence desc) as age
       from webhook_events join payments on stripe_payment_intent_id = payment_intent_id
       where payments.id = any ($1) and type like 'payment_intent.%' and type <> 'payment_intent.created') as told
     where age > 1 order by sequence desc limit $2`,
    [ids, REPLAYED_EVENTS],
  );
  for (const { sequence } of events) {
    await system.database.query('insert into webhook_jobs (event_sequence) values ($1)', [sequence]);
    await system.app.get(WebhookProcessor).processDue();
  }
  await comeToRest();
}

async function comeToRest(): Promise<void> {
  await waitFor(
    async function quiescence() {
      await system.database.query('update webhook_jobs set next_attempt_at = now()');
      await system.completeNow();
      const open = await system.database.query(
        `select type as open, status, last_error as detail from webhook_jobs join webhook_events on sequence = event_sequence
         union all select id, status, concat_ws(' ', outcome_certainty, last_error ->> 'code', (
             select string_agg(concat_ws(':', operation, outcome, http_status, error_code), ' ' order by started_at) from payment_attempts where payment_id = payments.id))
           from payments where status = 'processing' or outcome_certainty = 'unknown'
         union all select id, status, outcome_certainty from refunds where outcome_certainty = 'unknown' or status = 'pending'`,
      );
      if (open.length > 0) throw new Error(JSON.stringify(open));
      return system.sandbox.sandbox.delivery.pending === 0;
    },
    { timeoutMs: 25_000 },
  );
}

interface Ledger {
  readonly charges: readonly { payment_intent: string | null; status: string; amount_captured: number }[];
  readonly refunds: readonly { payment_intent: string; status: string; amount: number }[];
  readonly payment_intents: readonly {
    id: string;
    status: string;
    amount: number;
    amount_received: number;
    metadata: Record<string, string>;
  }[];
}

/** What both sides hold of each payment, side by side: equal when the product is right. */
async function bothSides(made: readonly Made[]) {
  const ids = made.flatMap(({ id }) => (id === null ? [] : [id]));
  const bases = new Map(made.map(({ id, body }) => [id, Number(body['amount'])]));
  const ledger = (await system.control('GET', '/_sandbox/ledger')) as Ledger;
  const own = await Promise.all(ids.map(async (id) => (await system.call('GET', `/api/payments/${id}`)).body));
  const ours = own.map((each) => ({
    id: String(each.id),
    status: each.status as PaymentStatus,
    capturable: Number(each.amountCapturable),
    received: Number(each.amountReceived),
    // Whatever tips came and went, the rest of the amount is what was asked for at first.
    base: Number(each.amount) - Number(each.tipAmount),
    refunded: Number(each.amountRefunded),
    charges: each.amountReceived > 0 ? 1 : 0,
  }));
  const theirs = ours.map(({ id, status }) => {
    const intents = ledger.payment_intents.filter((intent) => intent.metadata['upp_payment_id'] === id);
    const isOf = (each: { payment_intent: string | null }) => intents.some((intent) => intent.id === each.payment_intent);
    const refunds = ledger.refunds.filter((each) => isOf(each) && each.status === 'succeeded');
    const [intent] = intents;
    // An intent that was never confirmed, or whose payment ended here without money, may rest in a state of its own.
    const isAtRest = intent?.amount_received === 0 && !['requires_capture', 'succeeded', 'processing'].includes(intent.status);
    const mayDiffer = status === 'canceled' || status === 'requires_confirmation';
    return {
      id,
      status: !intent || (isAtRest && mayDiffer) ? status : intent.status,
      capturable: intent?.status === 'requires_capture' ? intent.amount : 0,
      received: intents.reduce((sum, each) => sum + each.amount_received, 0),
      base: bases.get(id),
      refunded: refunds.reduce((sum, each) => sum + each.amount, 0),
      charges: ledger.charges.filter((each) => isOf(each) && each.status === 'succeeded' && each.amount_captured > 0).length,
    };
  });
  return { ours, theirs };
}

/** The steps of each payment's history that the table of moves does not know, or that leave a terminal state. */
async function illegalSteps(): Promise<unknown[]> {
  const steps = await system.database.query<{ before: PaymentStatus | null; after: PaymentStatus }>(
    'select status_before as before, status_after as after from payment_adjustments',
  );
  const movers: readonly PaymentMover[] = ['client', 'gateway', 'completer', 'admin'];
  return steps.filter(
    ({ before, after }) =>
      before !== null && before !== after && (isTerminal(before) || !movers.some((mover) => canMove(before, after, mover))),
  );
}

describe('payments under random commands and disorderly webhooks', () => {
  it('never leave a terminal state, and agree with the processor when everything has come to rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 8, maxLength: 24, size: 'max' }), fc.nat(60), async (steps, windowMs) => {
        const session = new Session((await system.device()).id);
        system.sandbox.sandbox.disorder.settings = {
          ...system.sandbox.sandbox.disorder.settings,
          windowMs,
          duplicate: 0.3,
          drop: 0.15,
        };

        for (const step of steps) await session.run(step);
        await settle();
        await replayOldEvents(session.made.flatMap(({ id }) => (id === null ? [] : [id])));

        const { ours, theirs } = await bothSides(session.made);
        expect(ours).toEqual(theirs);
        expect(session.refusals).toEqual([]);
        expect(await illegalSteps()).toEqual([]);
        expect(await system.app.get(LedgerRepository).findDifferences()).toEqual([]);
      }),
      {
        numRuns: Number(process.env['UPP_MODEL_RUNS'] ?? 25),
        ...(process.env['UPP_MODEL_SEED'] ? { seed: Number(process.env['UPP_MODEL_SEED']) } : {}),
        endOnFailure: true,
      },
    );
  }, 600_000);
});
