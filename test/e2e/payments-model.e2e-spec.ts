/** Random commands of clients, payers and jobs, with webhooks late, doubled, lost and out of order; then the books of both sides are compared. */
import fc from 'fast-check';
import { canMove, isTerminal, LedgerRepository, type PaymentMover, type PaymentStatus } from '#payments';
import { waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';

let system: TestSystem;
let serial = 0;

beforeAll(async () => {
  // Many calls in a short time, and every one of them may be the last of its kind: no limit of Stripe's is what is being tested.
  system = await TestSystem.start({ environment: { STRIPE_CALLS_PER_SECOND: '1000' } });
});
afterAll(() => system.stop());

// Most payments succeed, or there is nothing to capture and to refund.
const CARDS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_mastercard',
  'pm_card_visa_chargeDeclined',
  'pm_card_authenticationRequired',
  'pm_card_visa_chargeDeclinedInsufficientFunds',
] as const;
const FAULTS = [
  'reset_before',
  'reset',
  'cut',
  'malformed',
  'error_before',
  'error',
  'error_unsaved',
  'rate_limited_no_retry',
  'lock_timeout',
  'key_in_use',
] as const;

type Command =
  | { readonly name: 'pay'; readonly card: string; readonly amount: number; readonly manual: boolean }
  | { readonly name: 'fault'; readonly fault: string; readonly skip: number }
  | { readonly name: 'repeat'; readonly which: number }
  | { readonly name: 'capture'; readonly which: number; readonly share: number }
  | { readonly name: 'cancel'; readonly which: number }
  | { readonly name: 'refund'; readonly which: number; readonly share: number }
  | { readonly name: 'challenge'; readonly which: number; readonly outcome: 'succeed' | 'fail' }
  | { readonly name: 'complete' };

/** One of the newest payments. */
const which = fc.nat(3);
/** Of what there is; now and then too much. */
const share = fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 110 }));
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      name: fc.constant('pay' as const),
      card: fc.constantFrom(...CARDS),
      amount: fc.integer({ min: 50, max: 100_000 }),
      manual: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ name: fc.constant('fault' as const), fault: fc.constantFrom(...FAULTS), skip: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('repeat' as const), which }) },
  { weight: 5, arbitrary: fc.record({ name: fc.constant('capture' as const), which, share }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constant('cancel' as const), which }) },
  { weight: 3, arbitrary: fc.record({ name: fc.constant('refund' as const), which, share }) },
  {
    weight: 2,
    arbitrary: fc.record({ name: fc.constant('challenge' as const), which, outcome: fc.constantFrom('succeed' as const, 'fail' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('complete' as const) }) },
);

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
          },
          key: `model-${String(++serial)}`,
          id: null,
        });
        return this.send(this.made.at(-1));
      case 'repeat':
        return this.send(this.pick(step.which));
      case 'capture':
        return this.operate(step.which, 'capture', (held) => ({ amount: Math.max(1, Math.ceil((held * step.share) / 100)) }));
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

/** Lets everything that is under way come to its end. */
async function settle(): Promise<void> {
  await system.control('DELETE', '/_sandbox/faults');
  await waitFor(
    async function quiescence() {
      await system.database.query('update webhook_jobs set next_attempt_at = now()');
      await system.completeNow();
      const [row] = await system.database.query<{ open: number }>(
        `select (select count(*) from webhook_jobs)
              + (select count(*) from payments where status = 'processing' or outcome_certainty = 'unknown')
              + (select count(*) from refunds where outcome_certainty = 'unknown' or status = 'pending') as open`,
      );
      return row?.open === 0 && system.sandbox.sandbox.delivery.pending === 0;
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
async function bothSides(ids: readonly string[]) {
  const ledger = (await system.control('GET', '/_sandbox/ledger')) as Ledger;
  const own = await Promise.all(ids.map(async (id) => (await system.call('GET', `/api/payments/${id}`)).body));
  const ours = own.map((each) => ({
    id: String(each.id),
    status: each.status as PaymentStatus,
    capturable: Number(each.amountCapturable),
    received: Number(each.amountReceived),
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

        const ids = session.made.flatMap(({ id }) => (id === null ? [] : [id]));
        const { ours, theirs } = await bothSides(ids);
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
