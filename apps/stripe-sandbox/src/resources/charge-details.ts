/** What a charge keeps of the payment method it was made with. */
import { type Charge, type ChargeParts } from './charges.js';
import { type PaymentIntent } from './payment-intents.js';
import { type PaymentMethod } from './payment-methods.js';

/** `payment_method_details`: the method as it was when it was charged. */
export function methodDetailsOf(
  { intent, method, decline, authentication }: ChargeParts,
  captureBefore: number | null,
): Charge['payment_method_details'] {
  const { card, type } = method;
  const isApproved = decline === null;
  if (type === 'card_present') return { type, card_present: cardPresentDetails(intent, method, isApproved) };
  if (type === 'sepa_debit') return { type, sepa_debit: { ...(method.sepa_debit as object), generated_from: undefined, mandate: null } };
  if (!card) return { type, [type]: method[type] ?? {} };
  return {
    type: 'card',
    card: {
      amount_authorized: isApproved ? intent.amount : null,
      authorization_code: isApproved ? '123456' : null,
      brand: card.brand,
      ...(captureBefore === null ? {} : { capture_before: captureBefore }),
      checks: card.checks,
      country: card.country,
      electronic_commerce_indicator: authentication === 'challenged' ? '05' : null,
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      extended_authorization: { status: 'disabled' },
      fingerprint: card.fingerprint,
      funding: card.funding,
      incremental_authorization: {
        status: intent.payment_method_options?.card?.request_incremental_authorization === 'if_available' ? 'available' : 'unavailable',
      },
      installments: null,
      last4: card.last4,
      mandate: null,
      multicapture: { status: 'unavailable' },
      network: card.brand,
      network_token: { used: false },
      network_transaction_id: '104557651805572',
      overcapture: { maximum_amount_capturable: intent.amount, status: 'unavailable' },
      regulated_status: card.regulated_status,
      three_d_secure: authentication === 'challenged' ? AUTHENTICATED : null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}

const AUTHENTICATED = {
  authentication_flow: 'challenge',
  electronic_commerce_indicator: '05',
  exemption_indicator: null,
  result: 'authenticated',
  result_reason: null,
  transaction_id: '5f0e4b1c-6c5c-4b7f-9f36-2a5f6c1f7a10',
  version: '2.2.0',
};

function cardPresentDetails(intent: PaymentIntent, method: PaymentMethod, isApproved: boolean): object {
  const { networks, issuer, description, ...card } = method.card_present as Record<string, unknown>;
  return {
    ...card,
    amount_authorized: isApproved ? intent.amount : null,
    description,
    emv_auth_data: null,
    generated_card: null,
    incremental_authorization_supported: false,
    issuer,
    network: (networks as { available: string[] }).available[0] ?? null,
    network_transaction_id: null,
    overcapture_supported: false,
    receipt: {
      account_type: 'credit',
      application_cryptogram: 'F17FEDDF98764EB6',
      application_preferred_name: 'Stripe Credit',
      authorization_code: isApproved ? '123456' : null,
      authorization_response_code: isApproved ? '3030' : '3035',
      cardholder_verification_method: 'approval',
      dedicated_file_name: 'A000000003101001',
      terminal_verification_results: '8000008000',
      transaction_status_information: '6800',
    },
  };
}
