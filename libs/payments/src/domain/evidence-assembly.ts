/** Evidence written from what our own books know of a payment: pure, so that the same facts give the same draft. */
import type { CurrencyCode } from '#kernel';
import {
  type CompellingEvidence,
  type DisputeEvidence,
  type EvidenceField,
  fitText,
  isSamePayer,
  type PayerElements,
  type PriorPayment,
} from './dispute-evidence.js';

/** What the processor knows of the charge itself. */
export interface ChargeFacts {
  /** `authenticated`, `attempt_acknowledged`, …; null when the payer was not asked. */
  readonly threeDSecure: { readonly result: string; readonly version: string | null } | null;
  /** `visa`, and the last four digits. */
  readonly card: {
    readonly brand: string;
    readonly last4: string;
    readonly country: string | null;
    readonly funding: string | null;
  } | null;
  /** Whether the security code and the postal code were right: `pass`, `fail`, `unavailable`, `unchecked`. */
  readonly checks: { readonly securityCode: string | null; readonly postalCode: string | null };
  readonly riskLevel: string | null;
}

/** An earlier payment of the same device, customer or card with the merchant. */
export interface EarlierPayment {
  readonly paymentId: string;
  readonly stripeChargeId: string | null;
  readonly createdAt: Date;
  readonly printedAmount: string;
  readonly description: string | null;
  /** By which it belongs to the payer. */
  readonly same: readonly ('device' | 'customer' | 'card')[];
  /** Whether it was disputed, refunded as fraud or warned of. */
  readonly isDoubted: boolean;
  /** Between 120 and 365 days older than the dispute. */
  readonly isOldEnough: boolean;
  readonly elements: PayerElements;
}

/** Everything that speaks for a payment. */
export interface EvidenceFacts {
  readonly reason: string;
  readonly enhancedEligibility: readonly string[];
  readonly payment: {
    readonly id: string;
    readonly currency: CurrencyCode;
    readonly printedAmount: string;
    readonly description: string | null;
    readonly createdAt: Date;
    readonly method: string;
  };
  readonly merchantName: string;
  readonly elements: PayerElements;
  readonly device: { readonly id: string; readonly type: string; readonly name: string | null; readonly registeredAt: Date };
  /** The assessment before the payment; null for one that was never assessed. */
  readonly assessment: {
    readonly score: number;
    readonly level: string;
    readonly decision: string;
    readonly explanations: readonly string[];
  } | null;
  /** Whether a person approved the payment before it was made. */
  readonly isApproved: boolean;
  /** null when the processor could not be asked. */
  readonly charge: ChargeFacts | null;
  readonly receiptLines: readonly string[];
  readonly refunds: readonly { readonly id: string; readonly printedAmount: string; readonly status: string; readonly createdAt: Date }[];
  /** Newest first. */
  readonly earlier: readonly EarlierPayment[];
}

const MAX_LISTED = 50;

/** The draft that a person reads, changes and submits. */
export function assembleEvidence(facts: EvidenceFacts): DisputeEvidence {
  const { payment, elements } = facts;
  const fields: Partial<Record<EvidenceField, string>> = {
    productDescription: fitText('productDescription', describeProduct(facts)),
    accessActivityLog: fitText('accessActivityLog', activityLog(facts).join('\n')),
    uncategorizedText: fitText('uncategorizedText', summary(facts).join('\n')),
  };
  if (elements.customerEmailAddress !== null) fields.customerEmailAddress = elements.customerEmailAddress;
  if (elements.customerPurchaseIp !== null) fields.customerPurchaseIp = elements.customerPurchaseIp;
  if (facts.reason === 'credit_not_processed') {
    fields.refundRefusalExplanation = fitText('refundRefusalExplanation', refundHistory(facts).join('\n'));
  }
  const twin = facts.reason === 'duplicate' ? twinOf(facts) : undefined;
  if (twin) {
    fields.duplicateChargeId = twin.stripeChargeId;
    fields.duplicateChargeExplanation =
      `Payment ${payment.id} of ${day(payment.createdAt)} and payment ${twin.paymentId} of ${day(twin.createdAt)} were requested ` +
      `separately, each under an idempotency key of its own: a repeated request is charged once.`;
  }
  return { fields, compelling: compellingEvidence(facts) };
}

/** Two earlier payments that show by Visa's rules that the disputed one was the payer's own; null when there are none, or the network does not ask. */
function compellingEvidence(facts: EvidenceFacts): CompellingEvidence | null {
  if (!facts.enhancedEligibility.includes('visa_compelling_evidence_3')) return null;
  const [first, second] = facts.earlier.filter((each) => isPrior(each, facts.elements)).map(priorOf);
  if (first === undefined || second === undefined) return null;
  return {
    merchandiseOrServices: 'merchandise',
    productDescription: describeProduct(facts),
    disputed: facts.elements,
    prior: [first, second],
  };
}

/** Whether an earlier payment counts by Visa's rules. */
export function isPrior(earlier: EarlierPayment, disputed: PayerElements): boolean {
  const { same, isDoubted, isOldEnough, stripeChargeId, elements } = earlier;
  return same.includes('card') && !isDoubted && isOldEnough && stripeChargeId !== null && isSamePayer(disputed, elements);
}

/** An earlier payment as the network is told of it. */
export function priorOf({ paymentId, stripeChargeId, description, printedAmount, createdAt, elements }: EarlierPayment): PriorPayment {
  return {
    paymentId,
    stripeChargeId: stripeChargeId ?? '',
    productDescription: description ?? `Purchase of ${printedAmount} on ${day(createdAt)}`,
    ...elements,
  };
}

function describeProduct({ payment, merchantName }: EvidenceFacts): string {
  return payment.description ?? `Purchase of ${payment.printedAmount} from ${merchantName} on ${day(payment.createdAt)}`;
}

function activityLog({ payment, device, elements, earlier }: EvidenceFacts): string[] {
  const at = (instant: Date, text: string): string => `${instant.toISOString()}  ${text}`;
  const name = device.name === null ? '' : ` "${device.name}"`;
  const from = elements.customerPurchaseIp === null ? '' : `, from IP address ${elements.customerPurchaseIp}`;
  return [
    at(device.registeredAt, `Device ${device.id}${name} (${device.type}) registered; it signs each payment with a credential of its own`),
    ...earlier
      .slice(0, MAX_LISTED)
      .toReversed()
      .map((each) => {
        const ip = each.elements.customerPurchaseIp === null ? '' : `, from IP address ${each.elements.customerPurchaseIp}`;
        return at(each.createdAt, `Payment ${each.paymentId} of ${each.printedAmount} by the same ${each.same.join(' and ')}${ip}`);
      }),
    at(payment.createdAt, `Disputed payment ${payment.id} of ${payment.printedAmount} by device ${device.id} (${payment.method})${from}`),
  ];
}

function summary(facts: EvidenceFacts): string[] {
  const undoubted = facts.earlier.filter(({ isDoubted }) => !isDoubted);
  return [
    ...section('Authentication', authentication(facts)),
    ...section('Risk assessment before the payment', risk(facts)),
    ...section(
      `Earlier undisputed payments of the same payer: ${String(undoubted.length)}`,
      undoubted
        .slice(0, MAX_LISTED)
        .map((each) => `${day(each.createdAt)}  ${each.printedAmount}  ${each.paymentId}  same ${each.same.join(' and ')}`),
    ),
    ...section('Receipt', facts.receiptLines),
    ...section('Refunds', refundHistory(facts)),
  ];
}

function authentication({ charge }: EvidenceFacts): string[] {
  if (charge === null) return ['The processor could not be asked.'];
  const { threeDSecure, card, checks } = charge;
  const version = typeof threeDSecure?.version === 'string' ? `, version ${threeDSecure.version}` : '';
  return [
    threeDSecure === null ? '3-D Secure: not requested' : `3-D Secure: ${threeDSecure.result.replaceAll('_', ' ')}${version}`,
    ...(card === null ? [] : [`Card: ${card.brand} ending in ${card.last4}${card.country === null ? '' : `, issued in ${card.country}`}`]),
    ...(checks.securityCode === null ? [] : [`Security code check: ${checks.securityCode}`]),
    ...(checks.postalCode === null ? [] : [`Postal code check: ${checks.postalCode}`]),
  ];
}

function risk({ assessment, isApproved, charge }: EvidenceFacts): string[] {
  return [
    ...(assessment === null
      ? ['The payment was not assessed.']
      : [`Score ${String(assessment.score)} of 100 (${assessment.level}), decision: ${assessment.decision}`, ...assessment.explanations]),
    ...(isApproved ? ['A person reviewed and approved the payment before it was made.'] : []),
    ...(typeof charge?.riskLevel === 'string' ? [`The processor's own assessment: ${charge.riskLevel}`] : []),
  ];
}

function refundHistory({ refunds }: EvidenceFacts): string[] {
  if (refunds.length === 0) return ['None was requested.'];
  return refunds.map(({ id, printedAmount, status, createdAt }) => `${day(createdAt)}  ${printedAmount}  ${status}  ${id}`);
}

/** The payment that the payer may have taken this one for. */
function twinOf({ earlier, payment }: EvidenceFacts): (EarlierPayment & { readonly stripeChargeId: string }) | undefined {
  return earlier.find(
    (each): each is EarlierPayment & { readonly stripeChargeId: string } =>
      each.printedAmount === payment.printedAmount && each.stripeChargeId !== null,
  );
}

function section(title: string, lines: readonly string[]): string[] {
  return [title, ...lines.map((line) => `  ${line}`), ''];
}

function day(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
