import { Injectable } from '@nestjs/common';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '#kernel';
import { crashPoint, Database } from '#platform';
import { ChallengeExpiry } from '../challenge-expiry.js';
import { CustomersRepository } from '../customers/customers.repository.js';
import { type GatewayAnswer, type GatewayDecline } from '../payment-gateway.js';
import { type SavedMethod } from './saved-method.js';
import { SavedMethodChanges } from './saved-method-changes.js';
import { type GatewaySetup, SavedMethodGateway } from './saved-method-gateway.js';
import { SavedMethodsRepository } from './saved-methods.repository.js';

/** Stripe may forget an idempotency key after 24 h; a setup that has not ended by then is given up. */
const SETUP_WINDOW_MS = 23 * HOUR_MS;
/** Between looks at a setup whose outcome nobody knows. */
const UNKNOWN_DELAYS_MS = [5 * SECOND_MS, 10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] as const;

/** What came of a try, besides the method as it is now. */
export interface SetupProgress {
  readonly method: SavedMethod;
  /** Seconds after which another try makes sense: the processor took nothing. */
  readonly retryAfterSeconds: number | null;
}

/**
 * Takes a recorded method to the processor and back.
 *
 * | step | committed before it | after a crash behind it |
 * | --- | --- | --- |
 * | make the customer there, once | the customer | the same call with the same key |
 * | make the setup, unconfirmed | the method | the same call with the same key |
 * | confirm it: the issuer is asked | the setup's id | look at the setup |
 * | take a detached method from its customer | that it is detached | the same call with the same key |
 */
@Injectable()
export class SavedMethodSetup {
  constructor(
    private readonly database: Database,
    private readonly gateway: SavedMethodGateway,
    private readonly repository: SavedMethodsRepository,
    private readonly changes: SavedMethodChanges,
    private readonly customers: CustomersRepository,
    private readonly challenges: ChallengeExpiry,
  ) {}

  /** Takes a method on from where it stands: a new one, or one whose process died. */
  async advance(method: SavedMethod, now: Date): Promise<SetupProgress> {
    switch (method.status) {
      case 'pending':
        return this.isOver(method, SETUP_WINDOW_MS, now) ? this.giveUp(method) : this.setUp(method);
      case 'requires_action': {
        const seen = await this.look(method);
        if (seen.method.status !== 'requires_action') return seen;
        return this.isOver(method, await this.challenges.msFor(method.merchantId), now) ? this.giveUp(seen.method) : seen;
      }
      case 'detached':
        return this.detach(method);
      case 'active':
      case 'failed':
        return { method, retryAfterSeconds: null };
    }
  }

  private async setUp(method: SavedMethod): Promise<SetupProgress> {
    if (method.stripeSetupIntentId !== null) return this.look(method);
    const customer = await this.customerAtGateway(method);
    if (customer.outcome !== 'succeeded') return this.postponeOrFail(method, customer);
    crashPoint('after_setup_customer');
    const created = await this.gateway.createSetup(
      {
        savedMethodId: method.id,
        merchantId: method.merchantId,
        customerGatewayId: customer.object,
        method: method.requestedMethod,
        usage: method.usage,
      },
      keyOf(method, 'setup'),
    );
    crashPoint('after_setup_created');
    if (created.outcome !== 'succeeded') return this.postponeOrFail(method, created);
    const adopted = await this.apply(method.id, created.object);
    return adopted.status === 'pending' && adopted.stripeSetupIntentId === created.object.gatewayId
      ? this.confirm(adopted, created.object.gatewayId)
      : { method: adopted, retryAfterSeconds: null };
  }

  /** The setup as it is, and its confirmation when nobody has asked the issuer yet. */
  private async look(method: SavedMethod): Promise<SetupProgress> {
    if (method.stripeSetupIntentId === null) return { method, retryAfterSeconds: null };
    const answer = await this.gateway.retrieveSetup(method.stripeSetupIntentId);
    if (answer.outcome !== 'succeeded') return this.postpone(method, answer);
    if (answer.object.status === 'requires_confirmation' && method.status === 'pending')
      return this.confirm(method, method.stripeSetupIntentId);
    return { method: await this.apply(method.id, answer.object), retryAfterSeconds: null };
  }

  private async confirm(method: SavedMethod, gatewayId: string): Promise<SetupProgress> {
    crashPoint('after_setup_adopted');
    const answer = await this.gateway.confirmSetup(gatewayId, { returnUrl: method.returnUrl }, keyOf(method, 'setup_confirm'));
    crashPoint('after_setup_confirmed');
    return answer.outcome === 'succeeded'
      ? { method: await this.apply(method.id, answer.object), retryAfterSeconds: null }
      : this.postponeOrFail(method, answer);
  }

  /** The customer's id at the processor, made there with the first method. Of two made at once the one that is noted first counts. */
  private async customerAtGateway(method: SavedMethod): Promise<GatewayAnswer<string>> {
    const customer = await this.customers.find(method, method.customerId);
    const call = { httpStatus: null, requestId: null, durationMs: 0 };
    if (customer?.stripeCustomerId) return { outcome: 'succeeded', object: customer.stripeCustomerId, call };
    const { customerId: id, merchantId } = method;
    const answer = await this.gateway.createCustomer({ id, merchantId }, keyOf(method, 'customer'));
    return answer.outcome === 'succeeded' ? { ...answer, object: await this.customers.adoptStripeId(id, answer.object) } : answer;
  }

  private async postponeOrFail(
    method: SavedMethod,
    answer: Exclude<GatewayAnswer<unknown>, { outcome: 'succeeded' }>,
  ): Promise<SetupProgress> {
    if (answer.outcome !== 'declined' && answer.outcome !== 'failed') return this.postpone(method, answer);
    const error: GatewayDecline =
      answer.outcome === 'declined' ? answer.decline : { code: answer.code, declineCode: null, advice: REFUSED, message: answer.message };
    const failed = await this.database.transaction((transaction) => this.changes.fail(transaction, method.id, error));
    return { method: failed, retryAfterSeconds: null };
  }

  /** Nobody knows, or nothing was sent: later again. A stored 5xx would be replayed for ever, so the next call gets a key of its own. */
  private async postpone(method: SavedMethod, answer: GatewayAnswer<unknown>): Promise<SetupProgress> {
    const delayMs = UNKNOWN_DELAYS_MS[method.checkCount] ?? 15 * MINUTE_MS;
    const isStoredError = answer.outcome === 'unknown' && (answer.call.httpStatus ?? 0) >= 500;
    const retryAfterSeconds = answer.outcome === 'not_sent' ? answer.retryAfterSeconds : null;
    if (!isStoredError || method.status !== 'pending') {
      await this.repository.scheduleCheck(method.id, method.version, delayMs);
      return { method, retryAfterSeconds };
    }
    const bumped = await this.database.transaction(async (transaction) => {
      const locked = (await this.repository.lock(transaction, method.id)) ?? method;
      if (locked.version !== method.version) return locked;
      return this.repository.change(transaction, locked, { tryNumber: locked.tryNumber + 1 }, delayMs);
    });
    return { method: bumped, retryAfterSeconds };
  }

  /** First the processor, which alone knows whether it is too late to give up; then the row. */
  private async giveUp(method: SavedMethod): Promise<SetupProgress> {
    if (method.stripeSetupIntentId !== null) {
      const answer = await this.gateway.cancelSetup(method.stripeSetupIntentId, keyOf(method, 'setup_cancel'));
      if (answer.outcome === 'unknown' || answer.outcome === 'not_sent') return this.postpone(method, answer);
      if (answer.outcome !== 'succeeded') return this.look(method);
    }
    const failed = await this.database.transaction((transaction) => this.changes.fail(transaction, method.id, EXPIRED));
    return { method: failed, retryAfterSeconds: null };
  }

  private async detach(method: SavedMethod): Promise<SetupProgress> {
    if (method.stripePaymentMethodId === null) return { method, retryAfterSeconds: null };
    const answer = await this.gateway.detachMethod(method.stripePaymentMethodId, keyOf(method, 'detach'));
    if (answer.outcome === 'unknown' || answer.outcome === 'not_sent') return this.postpone(method, answer);
    // Refused: it belongs to nobody any more, which is what was asked for.
    await this.repository.scheduleCheck(method.id, method.version, null);
    return { method, retryAfterSeconds: null };
  }

  private apply(id: string, setup: GatewaySetup): Promise<SavedMethod> {
    return this.database.transaction(async (transaction) => (await this.changes.applySetup(transaction, id, setup)).method);
  }

  private isOver({ createdAt }: SavedMethod, windowMs: number, now: Date): boolean {
    return now.getTime() - createdAt.getTime() >= windowMs;
  }
}

/** Marks a refusal of the call itself, which is no decline of the issuer. */
export const REFUSED = 'request_refused';

const EXPIRED: GatewayDecline = {
  code: 'setup_expired',
  declineCode: null,
  advice: null,
  message: 'The payment method was not confirmed in time.',
};

function keyOf({ livemode, id, tryNumber }: SavedMethod, operation: string): string {
  return `${livemode ? 'live' : 'test'}:${operation}:${id}:${tryNumber}`;
}
