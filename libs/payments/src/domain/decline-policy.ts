/**
 * What a decline means, who can do something about it, and whether the same method is tried again.
 *
 * | class | what it means | tried again by the product |
 * |---|---|---|
 * | `soft` | the issuer may say yes another time | on the profile's schedule |
 * | `authentication` | the payer must be present and pass a challenge | never; the payer is asked |
 * | `fixable` | the payer gave something wrong, or has to use another card | never |
 * | `hard` | the issuer will not say yes | never |
 * | `final` | the card is lost, stolen or suspected; the payer is not told which | never, whatever the issuer advises |
 *
 * The issuer's advice goes before the class, except in `final`: `do_not_try_again` ends all tries, `confirm_card_data` asks the payer, and
 * `try_again_later` makes a hard decline soft.
 */
import { type Advice, assertNever } from '#kernel';
import { type RetryPolicy } from '#merchants';

/** A class of declines; see the table of this file. */
export type DeclineClass = 'soft' | 'authentication' | 'fixable' | 'hard' | 'final';

/** A decline as Stripe reports it. */
export interface Decline {
  /** Stripe's `decline_code`, or the error's `code` when there is none. */
  readonly declineCode: string | null;
  /** Stripe's `advice_code`: what the issuer or the network advises. */
  readonly adviceCode: string | null;
}

/** @see https://docs.stripe.com/declines/codes (checked 2026-11) */
const CODES_BY_CLASS: Readonly<Record<DeclineClass, string>> = {
  soft: 'approve_with_id card_velocity_exceeded generic_decline insufficient_funds issuer_not_available processing_error reenter_transaction try_again_later withdrawal_count_limit_exceeded',
  authentication: 'authentication_not_handled authentication_required mobile_device_authentication_required',
  fixable:
    'card_not_supported currency_not_supported expired_card incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number invalid_pin new_account_information_available offline_pin_required online_or_offline_pin_required pin_try_exceeded testmode_decline',
  hard: 'call_issuer do_not_honor do_not_try_again duplicate_transaction invalid_account no_action_taken not_permitted revocation_of_all_authorizations revocation_of_authorization service_not_allowed stop_payment_order transaction_not_allowed',
  final: 'fraudulent highest_risk_level lost_card merchant_blacklist pickup_card restricted_card security_violation stolen_card',
};

const CLASS_BY_CODE: ReadonlyMap<string, DeclineClass> = new Map(
  (Object.keys(CODES_BY_CLASS) as DeclineClass[]).flatMap((declineClass) =>
    CODES_BY_CLASS[declineClass].split(' ').map((code) => [code, declineClass] as const),
  ),
);

/** Hard declines about which the issuer cannot help either: the payer or the network has ended the matter, or it was paid a moment ago. */
const WITHDRAWN: ReadonlySet<string> = new Set(
  'do_not_try_again duplicate_transaction revocation_of_all_authorizations revocation_of_authorization stop_payment_order'.split(' '),
);

/** A retry is spread over a tenth of its delay, so that the retries of one bad hour do not fall into one hour again. */
const JITTER_DIVISOR = 10;

/** However long a profile's schedule is: Visa fines merchants who try a declined card more than 15 times in 30 days. */
const NETWORK_RETRIES = 15;

/** The class of a decline, with the issuer's advice applied. An unknown code is `hard`: what is not understood is not repeated. */
export function classifyDecline({ declineCode, adviceCode }: Decline): DeclineClass {
  const byCode = CLASS_BY_CODE.get(declineCode ?? '') ?? 'hard';
  if (byCode === 'final') return 'final';
  switch (adviceCode) {
    case 'do_not_try_again':
      return 'hard';
    case 'confirm_card_data':
      return 'fixable';
    case 'try_again_later':
      return byCode === 'hard' ? 'soft' : byCode;
    default:
      return byCode;
  }
}

/** What a client should do about a decline: the public word for its class. */
export function adviceFor(decline: Decline): Advice {
  const declineClass = classifyDecline(decline);
  switch (declineClass) {
    case 'soft':
      return 'retry';
    case 'authentication':
    case 'fixable':
      return 'fix';
    case 'hard':
      return decline.adviceCode === 'do_not_try_again' || WITHDRAWN.has(decline.declineCode ?? '') ? 'do_not_retry' : 'contact_issuer';
    case 'final':
      return 'do_not_retry';
    default:
      return assertNever(declineClass, 'class of declines');
  }
}

/** The code that may be shown to whoever stands at the device: a thief is not told that the card is known to be stolen. */
export function codeForPayer({ declineCode }: Decline): string {
  const isTellable = declineCode !== null && CLASS_BY_CODE.has(declineCode) && CLASS_BY_CODE.get(declineCode) !== 'final';
  return isTellable ? declineCode : 'generic_decline';
}

/** What happens after a decline. */
export type AfterDecline =
  /** The product tries the same method again by itself, not before `at`. */
  | { readonly kind: 'retry'; readonly at: Date }
  /** The payer may try again, with the same method only when `sameMethod`. */
  | { readonly kind: 'ask_payer'; readonly sameMethod: boolean }
  /** The schedule is used up. */
  | { readonly kind: 'give_up' };

/** A decline and what went before it. */
export interface DeclinedAttempt {
  readonly decline: Decline;
  readonly declinedAt: Date;
  /** How many scheduled retries there were before this attempt: 0 for the first. */
  readonly retriesMade: number;
  /** 0 … 9 999, random: where in the jitter the retry falls. */
  readonly jitter: number;
}

/** Decides what happens after a decline, by its class, the issuer's advice and the profile's retry policy. */
export function afterDecline(attempt: DeclinedAttempt, policy: RetryPolicy): AfterDecline {
  const isSoft = classifyDecline(attempt.decline) === 'soft';
  if (!isSoft || policy.softDeclines === 'never') return { kind: 'ask_payer', sameMethod: false };
  if (policy.softDeclines === 'by_payer') return { kind: 'ask_payer', sameMethod: true };
  const delayMs = attempt.retriesMade < NETWORK_RETRIES ? policy.delaysMs[attempt.retriesMade] : undefined;
  if (delayMs === undefined) return { kind: 'give_up' };
  const jitterMs = Math.floor((delayMs * (attempt.jitter % 10_000)) / (10_000 * JITTER_DIVISOR));
  return { kind: 'retry', at: new Date(attempt.declinedAt.getTime() + delayMs + jitterMs) };
}
