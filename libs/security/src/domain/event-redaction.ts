/** Which of a Stripe event is about the payment, and which about the person who paid. */

/** An event taken apart. */
export interface RedactedEvent {
  /** The event without the person; it means the same to whoever processes it. */
  readonly kept: unknown;
  /** What was taken out, by its place: `data.object.billing_details.name`. */
  readonly removed: Readonly<Record<string, unknown>>;
}

// Texts stay only under these names: ids, words of closed lists and Stripe's own sentences. What a later version of Stripe's API adds is taken for
// personal until it stands here.
const KEPT_TEXTS: ReadonlySet<string> = new Set([
  'id',
  'object',
  'type',
  'api_version',
  'idempotency_key',
  'status',
  'currency',
  'payment_intent',
  'charge',
  'latest_charge',
  'customer',
  'payment_method',
  'payment_method_types',
  'setup_intent',
  'review',
  'balance_transaction',
  'failure_balance_transaction',
  'source',
  'reporting_category',
  'reason',
  'network_reason_code',
  'failure_code',
  'failure_reason',
  'code',
  'decline_code',
  'network_decline_code',
  'advice_code',
  'network_advice_code',
  'message',
  'doc_url',
  'capture_method',
  'confirmation_method',
  'cancellation_reason',
  'setup_future_usage',
  'fraud_type',
  'opened_reason',
  'closed_reason',
  'risk_level',
  'network_status',
]);
// Numbers are amounts, counts and instants, but for the days of people and cards.
const PERSONAL_NUMBERS: ReadonlySet<string> = new Set(['exp_month', 'exp_year', 'day', 'month', 'year', 'latitude', 'longitude']);
// Ours, in metadata: they lead to the payment.
const OWN_PREFIX = 'upp_';
// Stripe's events are no deeper than 10; what is deeper was not made by it.
const MAX_DEPTH = 32;

/** Takes the person out of an event. */
export function redactEvent(event: unknown): RedactedEvent {
  const removed: Record<string, unknown> = {};
  return { kept: keep(event, [], removed), removed };
}

function keep(value: unknown, path: readonly string[], removed: Record<string, unknown>): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'object' && path.length < MAX_DEPTH) {
    if (Array.isArray(value)) return value.map((each, index) => keep(each, [...path, String(index)], removed));
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, keep(each, [...path, name], removed)]));
  }
  if (isKept(value, path)) return value;
  removed[path.join('.')] = value;
  return null;
}

function isKept(value: unknown, path: readonly string[]): boolean {
  // An entry of a list is judged by the list's name.
  const name = path.findLast((part) => !/^\d+$/.test(part)) ?? '';
  if (path.at(-2) === 'metadata') return name.startsWith(OWN_PREFIX);
  if (typeof value === 'number') return !PERSONAL_NUMBERS.has(name);
  // Stripe's sentences may quote what was sent to it.
  return typeof value === 'string' && KEPT_TEXTS.has(name) && !value.includes('@');
}
