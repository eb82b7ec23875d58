/** What comes after a charge of certain test cards: disputes, early fraud warnings, reviews. */
import { SECOND_MS } from '#kernel';
import { type Account } from './account.js';
import { type Aftermath, type TestCard } from './cards.js';
import { openDispute, type DisputeKind } from './resources/disputes.js';
import { warnOfFraud } from './resources/early-fraud-warnings.js';
import { openReview } from './resources/reviews.js';
import { type Charge } from './resources/charges.js';
import { type Sandbox } from './sandbox.js';

const DISPUTE_MS = 600;
const INQUIRY_MS = 400;
const WARNING_MS = 300;
const SECOND_DISPUTE_MS = SECOND_MS;

/** What is scheduled for each aftermath. */
const DISPUTES: Readonly<Record<Exclude<Aftermath, 'early_fraud_warning'>, readonly { kind: DisputeKind; delayMs: number }[]>> = {
  dispute_fraudulent: [{ kind: 'fraudulent', delayMs: DISPUTE_MS }],
  dispute_product_not_received: [{ kind: 'product_not_received', delayMs: DISPUTE_MS }],
  dispute_inquiry: [{ kind: 'inquiry', delayMs: INQUIRY_MS }],
  dispute_multiple: [
    { kind: 'fraudulent', delayMs: DISPUTE_MS },
    { kind: 'product_not_received', delayMs: SECOND_DISPUTE_MS },
  ],
  dispute_compliance: [{ kind: 'compliance', delayMs: DISPUTE_MS }],
  dispute_ce3: [{ kind: 'ce3', delayMs: DISPUTE_MS }],
};

function beginAftermath(sandbox: Sandbox, account: Account, charge: Charge, card: TestCard | undefined): void {
  if (card?.risk === 'elevated') openReview(sandbox, account, charge);
  const aftermath = card?.aftermath;
  if (aftermath === undefined) return;
  if (aftermath === 'early_fraud_warning') {
    sandbox.clock.schedule('early_fraud_warning', account.id, WARNING_MS, { chargeId: charge.id });
    return;
  }
  // A payer who passed 3-D Secure cannot call the payment fraud: the issuer bears it.
  const card3ds = charge.payment_method_details.card as { three_d_secure: object | null } | undefined;
  if (aftermath === 'dispute_fraudulent' && card3ds?.three_d_secure) return;
  for (const { kind, delayMs } of DISPUTES[aftermath])
    sandbox.clock.schedule('dispute', account.id, delayMs, { chargeId: charge.id, kind });
}

/** Follows captured charges, and does later what they call for. */
export function followAftermath(sandbox: Sandbox): void {
  sandbox.whenChargeCaptures.push((account, charge, card) => {
    beginAftermath(sandbox, account, charge, card);
  });
  sandbox.clock.register('dispute', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const charge = account.charges.find(String(details.chargeId));
    if (charge) openDispute(sandbox, account, charge, details.kind as DisputeKind);
  });
  sandbox.clock.register('early_fraud_warning', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const charge = account.charges.find(String(details.chargeId));
    if (charge) warnOfFraud(sandbox, account, charge);
  });
}
