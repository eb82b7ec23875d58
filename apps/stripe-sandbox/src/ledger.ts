/** The oracle: what the sandbox holds to be true of the money, for tests to compare with. */
import { type Api } from './api.js';
import { type Sandbox } from './sandbox.js';

/** Every charge and refund, with what ties them to the caller's own records, and the requests by route. */
export function ledger(sandbox: Sandbox, api: Api): object {
  const accounts = [...sandbox.allAccounts()];
  return {
    object: 'ledger',
    account: sandbox.platform.id,
    charges: accounts.flatMap((account) =>
      [...account.charges.all()].map((charge) => ({
        account: account.id,
        id: charge.id,
        payment_intent: charge.payment_intent,
        amount: charge.amount,
        amount_captured: charge.amount_captured,
        amount_refunded: charge.amount_refunded,
        currency: charge.currency,
        captured: charge.captured,
        refunded: charge.refunded,
        disputed: charge.disputed,
        status: charge.status,
        metadata: charge.metadata,
        created: charge.created,
      })),
    ),
    refunds: accounts.flatMap((account) =>
      [...account.refunds.all()].map(({ id, charge, payment_intent, amount, currency, status, metadata }) => ({
        account: account.id,
        id,
        charge,
        payment_intent,
        amount,
        currency,
        status,
        metadata,
      })),
    ),
    payment_intents: accounts.flatMap((account) =>
      [...account.paymentIntents.all()].map(({ id, amount, amount_received, currency, status, latest_charge, metadata }) => ({
        account: account.id,
        id,
        amount,
        amount_received,
        currency,
        status,
        latest_charge,
        metadata,
      })),
    ),
    requests: Object.fromEntries([...api.requestCounts].sort(([first], [second]) => (first < second ? -1 : 1))),
    pending_webhooks: sandbox.delivery.pending,
  };
}
