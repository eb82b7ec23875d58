/**
 * Stripe's test cards: what each does, in one table. A card is reached by its number, as `pm_card_<name>` or as `tok_<name>`.
 * @see https://docs.stripe.com/testing (checked 2026-11)
 */

/** How an issuer refuses. */
export interface Decline {
  readonly code: string;
  readonly declineCode?: string;
  readonly message: string;
  readonly adviceCode?: 'try_again_later' | 'do_not_try_again' | 'confirm_card_data';
  readonly networkDeclineCode?: string;
}

/**
 * When 3-D Secure is asked for: `unless_set_up` spares off-session payments of a card that was set up, `on_session` spares them all,
 * `on_request` leaves it to the merchant's `request_three_d_secure`.
 */
export type ThreeDSecureNeed = 'always' | 'unless_set_up' | 'on_session' | 'on_request';

/** What comes later for a charge of the card. */
export type Aftermath =
  | 'dispute_fraudulent'
  | 'dispute_product_not_received'
  | 'dispute_inquiry'
  | 'dispute_multiple'
  | 'dispute_compliance'
  | 'dispute_ce3'
  | 'early_fraud_warning';

/** A test card. */
export interface TestCard {
  readonly number: string;
  /** The names after `pm_card_` and `tok_`; empty for cards that have only a number. */
  readonly names: readonly string[];
  readonly brand: string;
  readonly funding: 'credit' | 'debit' | 'prepaid';
  readonly country: string;
  /** Refused when charged. */
  readonly decline?: Decline;
  /** Refused already when attached to a customer or set up. */
  readonly refusesAttach?: boolean;
  readonly threeDSecure?: ThreeDSecureNeed;
  readonly risk?: 'elevated' | 'highest' | 'blocked';
  /** Checks that fail when the value is supplied. */
  readonly failingChecks?: readonly ('cvc' | 'postal_code' | 'line1')[];
  readonly uncheckedAddress?: boolean;
  readonly aftermath?: Aftermath;
  readonly refund?: 'pending' | 'fails_later';
  /** The money is available at once. */
  readonly bypassesPending?: boolean;
}

const GENERIC: Decline = declined('generic_decline', 'Your card was declined.', 'try_again_later', '01');
const INSUFFICIENT = declined('insufficient_funds', 'Your card has insufficient funds.', 'try_again_later', '51');
const LOST = declined('lost_card', 'Your card was declined.', 'do_not_try_again', '41');
const STOLEN = declined('stolen_card', 'Your card was declined.', 'do_not_try_again', '43');
const VELOCITY = declined(
  'card_velocity_exceeded',
  'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  'try_again_later',
  '65',
);
const EXPIRED: Decline = {
  code: 'expired_card',
  message: 'Your card has expired.',
  adviceCode: 'confirm_card_data',
  networkDeclineCode: '54',
};
const INCORRECT_CVC: Decline = {
  code: 'incorrect_cvc',
  declineCode: 'incorrect_cvc',
  message: "Your card's security code is incorrect.",
  adviceCode: 'confirm_card_data',
  networkDeclineCode: 'N7',
};
const PROCESSING: Decline = {
  code: 'processing_error',
  declineCode: 'processing_error',
  message: 'An error occurred while processing your card. Try again in a little bit.',
  adviceCode: 'try_again_later',
  networkDeclineCode: '96',
};
/** How a charge is refused that Radar blocks: the issuer is never asked. */
export const BLOCKED: Decline = { code: 'card_declined', declineCode: 'fraudulent', message: 'Your card was declined.' };
/** How an off-session payment is refused whose card wants 3-D Secure. */
export const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

function declined(declineCode: string, message: string, adviceCode: Decline['adviceCode'], networkDeclineCode: string): Decline {
  return { code: 'card_declined', declineCode, message, ...(adviceCode ? { adviceCode } : {}), networkDeclineCode };
}

type Extra = Partial<Omit<TestCard, 'number' | 'names'>>;

function card(number: string, names: string, extra: Extra = {}): TestCard {
  return { number, names: names === '' ? [] : names.split(' '), brand: 'visa', funding: 'credit', country: 'US', ...extra };
}

function refused(number: string, name: string, decline: Decline): TestCard {
  return card(number, `visa_${name} ${name}`, { decline, refusesAttach: true });
}

/** Every test card the sandbox knows. */
export const TEST_CARDS: readonly TestCard[] = [
  card('4242424242424242', 'visa'),
  card('4000056655665556', 'visa_debit', { funding: 'debit' }),
  card('5555555555554444', 'mastercard', { brand: 'mastercard' }),
  card('2223003122003222', '', { brand: 'mastercard' }),
  card('5200828282828210', 'mastercard_debit', { brand: 'mastercard', funding: 'debit' }),
  card('5105105105105100', 'mastercard_prepaid', { brand: 'mastercard', funding: 'prepaid' }),
  card('378282246310005', 'amex', { brand: 'amex' }),
  card('371449635398431', '', { brand: 'amex' }),
  card('6011111111111117', 'discover', { brand: 'discover' }),
  card('6011000990139424', '', { brand: 'discover' }),
  card('3056930009020004', 'diners', { brand: 'diners' }),
  card('3566002020360505', 'jcb', { brand: 'jcb', country: 'JP' }),
  card('6200000000000005', 'unionpay', { brand: 'unionpay', country: 'CN' }),

  card('4000000760000002', 'br', { country: 'BR' }),
  card('4000001240000000', 'ca', { country: 'CA' }),
  card('4000004840008001', 'mx', { country: 'MX' }),
  card('4000008260000000', 'gb', { country: 'GB' }),
  card('4000002760000016', 'de', { country: 'DE' }),
  card('4000002500000003', 'fr', { country: 'FR' }),
  card('4000007240000007', 'es', { country: 'ES' }),
  card('4000003800000008', 'it', { country: 'IT' }),
  card('4000005280000002', 'nl', { country: 'NL' }),
  card('4000000360000006', 'au', { country: 'AU' }),
  card('4000003920000003', 'jp', { country: 'JP' }),
  card('4000003560000008', 'in', { country: 'IN' }),
  card('4000007020000003', 'sg', { country: 'SG' }),

  refused('4000000000000002', 'chargeDeclined', GENERIC),
  refused('4000000000009995', 'chargeDeclinedInsufficientFunds', INSUFFICIENT),
  refused('4000000000009987', 'chargeDeclinedLostCard', LOST),
  refused('4000000000009979', 'chargeDeclinedStolenCard', STOLEN),
  refused('4000000000000069', 'chargeDeclinedExpiredCard', EXPIRED),
  refused('4000000000000127', 'chargeDeclinedIncorrectCvc', INCORRECT_CVC),
  refused('4000000000000119', 'chargeDeclinedProcessingError', PROCESSING),
  refused('4000000000006975', 'chargeDeclinedVelocityLimitExceeded', VELOCITY),
  card('4000000000000341', 'chargeCustomerFail visa_chargeCustomerFail', { decline: GENERIC }),

  card('4100000000000019', 'radarBlock', { risk: 'blocked', decline: BLOCKED }),
  card('4000000000004954', 'riskLevelHighest', { risk: 'highest' }),
  card('4000000000009235', 'riskLevelElevated', { risk: 'elevated' }),
  card('4000000000000101', 'cvcCheckFail', { failingChecks: ['cvc'] }),
  card('4000000000000036', 'avsZipFail', { failingChecks: ['postal_code'] }),
  card('4000000000000028', 'avsLine1Fail', { failingChecks: ['line1'] }),
  card('4000000000000010', 'avsFail', { failingChecks: ['line1', 'postal_code'] }),
  card('4000000000000044', 'avsUnchecked', { uncheckedAddress: true }),
  card('4000058400307872', 'cvcCheckFailElevatedRisk', { failingChecks: ['cvc'], risk: 'elevated' }),
  card('4000058400306072', 'avsZipFailElevatedRisk', { failingChecks: ['postal_code'], risk: 'elevated' }),

  card('4000002500003155', 'authenticationRequiredOnSetup', { threeDSecure: 'unless_set_up' }),
  card('4000002760003184', 'authenticationRequired', { threeDSecure: 'always' }),
  card('4000003800000446', 'authenticationRequiredSetupForOffSession', { threeDSecure: 'on_session' }),
  card('4000008260003178', 'authenticationRequiredChargeDeclinedInsufficientFunds', { threeDSecure: 'always', decline: INSUFFICIENT }),
  card('4000000000003220', 'threeDSecure2Required', { threeDSecure: 'always' }),
  card('4000000000003063', 'threeDSecureRequired', { threeDSecure: 'always' }),
  card('4000008400001629', 'threeDSecureRequiredChargeDeclined', { threeDSecure: 'always', decline: GENERIC }),
  card('4000008400001280', 'threeDSecureRequiredProcessingError', { decline: GENERIC }),
  card('4000000000003055', 'threeDSecureOptional', { threeDSecure: 'on_request' }),

  card('4000000000000259', 'createDispute', { aftermath: 'dispute_fraudulent', threeDSecure: 'on_request' }),
  card('4000000000002685', 'createDisputeProductNotReceived', { aftermath: 'dispute_product_not_received' }),
  card('4000000000001976', 'createDisputeInquiry', { aftermath: 'dispute_inquiry' }),
  card('4000000000005423', 'createIssuerFraudRecord', { aftermath: 'early_fraud_warning' }),
  card('4000000404000079', 'createMultipleDisputes', { aftermath: 'dispute_multiple' }),
  card('4000000404000038', 'createCe3EligibleDispute', { aftermath: 'dispute_ce3' }),
  card('4000008400000779', 'createComplianceDispute', { aftermath: 'dispute_compliance' }),

  card('5105008400000002', 'createMastercardComplianceDispute', { brand: 'mastercard', aftermath: 'dispute_compliance' }),
  card('4000000001000043', 'createAutoRepresentmentEligibleDispute', { aftermath: 'dispute_fraudulent' }),

  card('4000000000007726', 'pendingRefund', { refund: 'pending' }),
  card('4000000000005126', 'refundFail', { refund: 'fails_later' }),
  card('4000000000000077', 'bypassPending', { bypassesPending: true }),
  card('4000003720000278', 'bypassPendingInternational', { bypassesPending: true, country: 'IE' }),
];

const BY_NUMBER = new Map(TEST_CARDS.map((each) => [each.number, each]));
const BY_NAME = new Map(TEST_CARDS.flatMap((each) => each.names.map((name) => [name, each])));

/** The card of a number, or undefined: a number that passes the check digit and is not here is still no test card. */
export function cardByNumber(number: string): TestCard | undefined {
  return BY_NUMBER.get(number);
}

/** The card of a name such as `visa`. */
export function cardByName(name: string): TestCard | undefined {
  return BY_NAME.get(name);
}

/** Whether the digits of a card number end in the right check digit (Luhn). */
export function passesCheckDigit(number: string): boolean {
  let sum = 0;
  for (let index = 0; index < number.length; index += 1) {
    const digit = Number(number.charAt(number.length - 1 - index));
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return /^\d{12,19}$/.test(number) && sum % 10 === 0;
}
