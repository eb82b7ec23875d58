/**
 * Disputes: a payer's bank takes the money back, or asks first (an inquiry).
 *
 * | status | by | becomes |
 * |---|---|---|
 * | needs_response | evidence | under_review, then won or lost |
 * | needs_response | close, or the deadline | lost |
 * | warning_needs_response | evidence | warning_under_review, then warning_closed or needs_response |
 * | warning_needs_response | close, or the deadline | warning_closed |
 */
import { SECOND_MS } from '#kernel';
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { invalidState, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { type BalanceTransaction, book } from './balance.js';
import { type Charge } from './charges.js';
import { failRefund } from './refunds.js';
import { closeReview } from './reviews.js';

/** What a dispute is about. */
export type DisputeKind = 'fraudulent' | 'product_not_received' | 'inquiry' | 'compliance' | 'ce3';

/** A dispute. */
export interface Dispute extends StripeObject {
  object: 'dispute';
  amount: number;
  balance_transactions: BalanceTransaction[];
  charge: string;
  created: number;
  currency: string;
  evidence: Record<string, unknown>;
  evidence_details: { due_by: number; has_evidence: boolean; past_due: boolean; submission_count: number; [name: string]: unknown };
  is_charge_refundable: boolean;
  metadata: Metadata;
  payment_intent: string | null;
  reason: string;
  status: string;
  [name: string]: unknown;
}

const KINDS: Readonly<
  Record<DisputeKind, { reason: string; networkReasonCode: string | null; eligibility: readonly string[]; isInquiry?: boolean }>
> = {
  fraudulent: { reason: 'fraudulent', networkReasonCode: '10.4', eligibility: [] },
  product_not_received: { reason: 'product_not_received', networkReasonCode: '13.1', eligibility: [] },
  inquiry: { reason: 'fraudulent', networkReasonCode: '10.4', eligibility: [], isInquiry: true },
  compliance: { reason: 'noncompliant', networkReasonCode: null, eligibility: ['visa_compliance', 'mastercard_compliance'] },
  ce3: { reason: 'fraudulent', networkReasonCode: '10.4', eligibility: ['visa_compelling_evidence_3'] },
};

/** Stripe's fee for a dispute, in minor units. */
const DISPUTE_FEE = 1_500;
const RESPONSE_SECONDS = 751_680;
/** Refunds this young have not left when the dispute arrives. */
const YOUNG_REFUND_SECONDS = 60;
const OUTCOME_MS = SECOND_MS;
const ESCALATION_MS = 5 * SECOND_MS;

const EVIDENCE_FIELDS =
  'access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal customer_communication ' +
  'customer_email_address customer_name customer_purchase_ip customer_signature duplicate_charge_documentation duplicate_charge_explanation ' +
  'duplicate_charge_id product_description receipt refund_policy refund_policy_disclosure refund_refusal_explanation service_date ' +
  'service_documentation shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number uncategorized_file ' +
  'uncategorized_text';

/** Opens a dispute of a charge and, unless it is an inquiry, takes the money. */
export function openDispute(sandbox: Sandbox, account: Account, charge: Charge, kind: DisputeKind): Dispute {
  const { reason, networkReasonCode, eligibility, isInquiry = false } = KINDS[kind];
  const { brand = 'visa' } = (charge.payment_method_details.card ?? {}) as { brand?: string };
  const now = sandbox.clock.now();
  const dueBy = now + RESPONSE_SECONDS;
  const dispute: Dispute = {
    id: `du_1${sandbox.store.random.letters(23)}`,
    object: 'dispute',
    amount: charge.amount_captured,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    enhanced_eligibility_types: eligibility.filter((each) => each.startsWith(brand)),
    evidence: { ...Object.fromEntries(EVIDENCE_FIELDS.split(' ').map((name) => [name, null])), enhanced_evidence: {} },
    evidence_details: {
      due_by: dueBy,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: 'prefer_manual',
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: { brand, case_type: isInquiry ? 'inquiry' : 'chargeback', network: brand, network_reason_code: networkReasonCode },
      type: 'card',
    },
    reason,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
  };
  charge.disputed = true;
  account.charges.put(charge);
  account.disputes.put(dispute);
  sandbox.events.record(account, 'charge.dispute.created', dispute);
  if (!isInquiry) withdraw(sandbox, account, dispute);
  if (!isInquiry) closeReview(sandbox, account, charge, 'disputed');
  sandbox.events.record(account, 'charge.updated', charge, { disputed: false });
  sandbox.clock.schedule('dispute_due', account.id, RESPONSE_SECONDS * 1_000, { disputeId: dispute.id });
  return dispute;
}

function withdraw(sandbox: Sandbox, account: Account, dispute: Dispute): void {
  failYoungRefunds(sandbox, account, dispute);
  const transaction = book(sandbox, account, {
    type: 'adjustment',
    reportingCategory: 'dispute',
    amount: -dispute.amount,
    currency: dispute.currency,
    fee: DISPUTE_FEE,
    feeDescription: 'Dispute fee',
    source: dispute.id,
    description: `Chargeback withdrawal for ${dispute.charge}`,
  });
  dispute.balance_transactions.push(transaction);
  account.disputes.put(dispute);
  sandbox.events.record(account, 'charge.dispute.funds_withdrawn', dispute);
}

/** A refund on its way comes back; an older one stays, and the payer has the money twice. */
function failYoungRefunds(sandbox: Sandbox, account: Account, dispute: Dispute): void {
  for (const refund of account.refunds.all()) {
    const isYoung = refund.created > dispute.created - YOUNG_REFUND_SECONDS;
    if (refund.charge !== dispute.charge || !isYoung || refund.status !== 'succeeded') continue;
    failRefund(sandbox, account, refund, 'charge_for_pending_refund_disputed');
  }
}

function settle(sandbox: Sandbox, account: Account, dispute: Dispute, status: 'won' | 'lost' | 'warning_closed'): void {
  const previous = { status: dispute.status };
  dispute.status = status;
  if (status === 'won') {
    const transaction = book(sandbox, account, {
      type: 'adjustment',
      reportingCategory: 'dispute_reversal',
      amount: dispute.amount,
      currency: dispute.currency,
      source: dispute.id,
      description: `Chargeback reversal for ${dispute.charge}`,
      isAvailableAtOnce: true,
    });
    dispute.balance_transactions.push(transaction);
    sandbox.events.record(account, 'charge.dispute.funds_reinstated', dispute);
  }
  account.disputes.put(dispute);
  sandbox.events.record(account, 'charge.dispute.updated', dispute, previous);
  sandbox.events.record(account, 'charge.dispute.closed', dispute, previous);
}

interface DisputeParameters {
  evidence?: Record<string, unknown>;
  metadata?: Metadata | '';
  submit?: boolean;
}

function update(call: Call<DisputeParameters>): object {
  const { sandbox, account, parameters } = call;
  const dispute = get(call);
  const { evidence, metadata, submit = true } = parameters;
  const previous = { evidence: dispute.evidence, metadata: dispute.metadata, status: dispute.status };
  dispute.metadata = mergeMetadata(dispute.metadata, metadata);
  if (evidence) {
    assertOpen(dispute);
    dispute.evidence = { ...dispute.evidence, ...evidence };
    dispute.evidence_details = { ...dispute.evidence_details, has_evidence: true };
    if (submit) submitEvidence(sandbox, account, dispute);
  }
  account.disputes.put(dispute);
  sandbox.events.record(account, 'charge.dispute.updated', dispute, previous);
  return dispute;
}

function submitEvidence(sandbox: Sandbox, account: Account, dispute: Dispute): void {
  const { evidence_details: details, evidence } = dispute;
  const isInquiry = dispute.status.startsWith('warning_');
  dispute.evidence_details = { ...details, submission_count: details.submission_count + 1, submission_method: 'manual' };
  dispute.status = isInquiry ? 'warning_under_review' : 'under_review';
  const text = String(evidence.uncategorized_text);
  const outcome = { winning_evidence: 'won', losing_evidence: 'lost', escalate_inquiry_evidence: 'escalate' }[text];
  if (outcome === undefined) return;
  const delayMs = outcome === 'escalate' ? ESCALATION_MS : OUTCOME_MS;
  sandbox.clock.schedule('dispute_outcome', account.id, delayMs, { disputeId: dispute.id, outcome });
}

function close(call: Call): object {
  const dispute = get(call);
  assertOpen(dispute);
  settle(call.sandbox, call.account, dispute, dispute.status.startsWith('warning_') ? 'warning_closed' : 'lost');
  return dispute;
}

function assertOpen(dispute: Dispute): void {
  if (dispute.status.endsWith('needs_response')) return;
  throw invalidState(`This dispute is already ${dispute.status.replaceAll('_', ' ')}.`, { code: 'status_transition_invalid' });
}

/** What time does to disputes. */
export function registerDisputeJobs(sandbox: Sandbox): void {
  sandbox.clock.register('dispute_due', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const dispute = account.disputes.find(String(details.disputeId));
    if (!dispute?.status.endsWith('needs_response')) return;
    dispute.evidence_details = { ...dispute.evidence_details, past_due: true };
    settle(sandbox, account, dispute, dispute.status.startsWith('warning_') ? 'warning_closed' : 'lost');
  });
  sandbox.clock.register('dispute_outcome', ({ accountId, details }) => {
    const account = sandbox.account(accountId);
    const dispute = account.disputes.find(String(details.disputeId));
    if (!dispute?.status.endsWith('under_review')) return;
    const isInquiry = dispute.status.startsWith('warning_');
    if (details.outcome === 'escalate' && isInquiry) {
      dispute.status = 'needs_response';
      dispute.is_charge_refundable = false;
      withdraw(sandbox, account, dispute);
      sandbox.events.record(account, 'charge.dispute.updated', dispute, { status: 'warning_under_review' });
      return;
    }
    settle(sandbox, account, dispute, isInquiry ? 'warning_closed' : details.outcome === 'won' ? 'won' : 'lost');
  });
}

function get(call: Call<unknown>): Dispute {
  const dispute = call.account.disputes.find(pathId(call));
  if (!dispute) throw noSuch('dispute', pathId(call), 'dispute');
  return dispute;
}

/** Disputes on their way arrive before they are listed: `stripe trigger charge.dispute.closed` looks for its own at once. */
function list(call: Call<ListParameters & { charge?: string; payment_intent?: string }>): object {
  const { charge, payment_intent: intent } = call.parameters;
  const matches = (each: Dispute) =>
    (charge === undefined || each.charge === charge) && (intent === undefined || each.payment_intent === intent);
  call.sandbox.clock.runEarly((job) => job.kind === 'dispute' && job.accountId === call.account.id);
  return listPage(call, call.account.disputes, matches);
}

/** Routes of disputes. */
export const disputeRoutes = [
  route('GET /v1/disputes', 'DisputeListParams', list),
  route('GET /v1/disputes/{id}', 'DisputeRetrieveParams', (call: Call) => get(call)),
  route('POST /v1/disputes/{id}', 'DisputeUpdateParams', update),
  route('POST /v1/disputes/{id}/close', 'DisputeCloseParams', close),
];
