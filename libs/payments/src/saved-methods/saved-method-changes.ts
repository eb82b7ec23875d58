import { Injectable } from '@nestjs/common';
import { assert, MINUTE_MS, SECOND_MS } from '#kernel';
import { type Queryable } from '#platform';
import { AuditLog } from '#security';
import { CustomersRepository } from '../customers/customers.repository.js';
import { canMoveSavedMethod, statusAfterSetup } from '../domain/saved-method-status.js';
import { type GatewayDecline } from '../payment-gateway.js';
import { type SavedMethod, type SavedMethodChange } from './saved-method.js';
import { type GatewayMethod, type GatewaySetup } from './saved-method-gateway.js';
import { SavedMethodsRepository } from './saved-methods.repository.js';

/** Between looks at a customer's challenge. */
const ACTION_DELAY_MS = 5 * MINUTE_MS;
/** Until the processor is asked again, should this process die right after the change. */
const FOLLOW_UP_MS = 30 * SECOND_MS;

/** The one place where a saved method changes. Its row is locked, after its customer's; the table of moves decides. */
@Injectable()
export class SavedMethodChanges {
  constructor(
    private readonly repository: SavedMethodsRepository,
    private readonly customers: CustomersRepository,
    private readonly auditLog: AuditLog,
  ) {}

  /** Brings a method in line with the processor's setup, as far as the table of moves allows. */
  async applySetup(
    transaction: Queryable,
    id: string,
    setup: GatewaySetup,
  ): Promise<{ readonly method: SavedMethod; readonly isNews: boolean }> {
    const before = await this.lock(transaction, id);
    const isAdopted = before.stripeSetupIntentId === null && before.status === 'pending';
    const status = statusAfterSetup(before.status, setup.status);
    // Two setups of one method: only the one whose id is committed counts.
    const isOther = before.stripeSetupIntentId !== null && before.stripeSetupIntentId !== setup.gatewayId;
    if (isOther || (status === null && !isAdopted)) return { method: before, isNews: false };
    // A method whose details the answer does not carry is looked up before it counts.
    if (status === 'active' && setup.method === null) return { method: before, isNews: false };
    const change: SavedMethodChange = {
      stripeSetupIntentId: setup.gatewayId,
      nextAction: status === 'requires_action' ? setup.nextAction : null,
      ...(status === null ? {} : { status }),
      ...(status === 'active' && setup.method !== null ? detailsOf(setup.method) : {}),
      ...(status === 'failed' ? { lastError: setup.lastError ?? NOT_COMPLETED } : {}),
    };
    return { method: await this.change(transaction, before, change), isNews: true };
  }

  /** The setup cannot go on: the processor refused the call, or its time is over. */
  async fail(transaction: Queryable, id: string, error: GatewayDecline): Promise<SavedMethod> {
    const before = await this.lock(transaction, id);
    if (!canMoveSavedMethod(before.status, 'failed')) return before;
    return this.change(transaction, before, { status: 'failed', lastError: error, nextAction: null });
  }

  /**
   * Takes a method back: from the commit on it pays no more.
   *
   * @param by - Who did it, for the audit log.
   * @param isKnownAtGateway - Whether the processor said so itself and need not be told.
   */
  async detach(
    transaction: Queryable,
    id: string,
    by: { readonly actor: string; readonly requestId?: string | null; readonly ip?: string | null },
    isKnownAtGateway: boolean,
  ): Promise<SavedMethod> {
    const before = await this.lock(transaction, id);
    if (!canMoveSavedMethod(before.status, 'detached')) return before;
    if (before.isDefault) await this.customers.setDefault(transaction, before.customerId, null);
    const after = await this.repository.change(transaction, before, { status: 'detached' }, isKnownAtGateway ? null : FOLLOW_UP_MS);
    await this.repository.tell(transaction, 'payment_method.detached', after, { status: before.status });
    await this.auditLog.record(transaction, { ...by, merchantId: after.merchantId, action: 'payment_method_detached', objectId: id });
    return after;
  }

  /** What the processor now knows of an active method: a card that was replaced has another number and expiry. */
  async refresh(transaction: Queryable, id: string, method: GatewayMethod): Promise<{ readonly isNews: boolean }> {
    const before = await this.lock(transaction, id);
    const details = detailsOf(method);
    const isNews = (Object.keys(details) as (keyof typeof details)[]).some((name) => details[name] !== before[name]);
    if (before.status !== 'active' || !isNews) return { isNews: false };
    const after = await this.repository.change(transaction, before, details, null);
    await this.repository.tell(transaction, 'payment_method.updated', after, {});
    return { isNews: true };
  }

  private async change(transaction: Queryable, before: SavedMethod, change: SavedMethodChange): Promise<SavedMethod> {
    const status = change.status ?? before.status;
    const checkAfterMs = status === 'pending' ? FOLLOW_UP_MS : status === 'requires_action' ? ACTION_DELAY_MS : null;
    const changed = await this.repository.change(transaction, before, change, checkAfterMs);
    if (status === before.status) return changed;
    const after = status === 'active' ? await this.chooseDefault(transaction, changed) : changed;
    await this.repository.tell(transaction, `payment_method.${status}`, after, { status: before.status });
    return after;
  }

  /** A customer's first method is the default, and any that was saved to be it. */
  private async chooseDefault(transaction: Queryable, method: SavedMethod): Promise<SavedMethod> {
    const customer = await this.customers.lock(transaction, method.customerId);
    if (!method.isDefaultWanted && customer?.defaultPaymentMethodId !== null) return method;
    await this.customers.setDefault(transaction, method.customerId, method.id);
    return { ...method, isDefault: true };
  }

  /** In the order of everybody: customer, then method. */
  private async lock(transaction: Queryable, id: string): Promise<SavedMethod> {
    const { customerId } = await this.repository.get(transaction, id);
    await this.customers.lock(transaction, customerId);
    const locked = await this.repository.lock(transaction, id);
    assert(locked, 'saved methods are never deleted');
    return locked;
  }
}

const NOT_COMPLETED: GatewayDecline = {
  code: 'setup_not_completed',
  declineCode: null,
  advice: null,
  message: 'The payment method was not confirmed by its owner.',
};

function detailsOf({ gatewayId, customerGatewayId, type, card }: GatewayMethod) {
  return {
    stripePaymentMethodId: gatewayId,
    stripeCustomerId: customerGatewayId,
    type,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? null,
    expMonth: card?.expMonth ?? null,
    expYear: card?.expYear ?? null,
    funding: card?.funding ?? null,
    country: card?.country ?? null,
    fingerprint: card?.fingerprint ?? null,
  };
}
