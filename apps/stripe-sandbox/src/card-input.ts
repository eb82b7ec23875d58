/** Card details as a client sends them: a token's name, or a number with its month, year and code. */
import { cardByName, cardByNumber, passesCheckDigit, type Decline, type TestCard } from './cards.js';
import { cardError, noSuch, type StripeErrorFields } from './errors.js';
import { type Sandbox } from './sandbox.js';
import { type StripeObject } from './store.js';

/** `card` of a payment method. */
export interface CardInput {
  token?: string;
  number?: string;
  exp_month?: number;
  exp_year?: number;
  cvc?: string;
}

/** A token made from card details (`POST /v1/tokens`). */
export interface CardToken extends StripeObject {
  object: 'token';
  card: CardInput;
}

/** The test card and its details. @throws StripeError 402 for details that no card has. */
export function resolveCard(sandbox: Sandbox, input: CardInput): { card: TestCard; details: CardInput } {
  if (input.token !== undefined) return resolveToken(sandbox, input.token);
  const number = (input.number ?? '').replace(/[ -]/g, '');
  const card = passesCheckDigit(number) ? cardByNumber(number) : undefined;
  if (!card) throw refusal('incorrect_number', 'Your card number is incorrect.', 'number');
  if (input.exp_month !== undefined && (input.exp_month < 1 || input.exp_month > 12)) {
    throw refusal('invalid_expiry_month', "Your card's expiration month is invalid.", 'exp_month');
  }
  if (!isYearAhead(sandbox, input.exp_year)) throw refusal('invalid_expiry_year', "Your card's expiration year is invalid.", 'exp_year');
  if (input.cvc !== undefined && !/^\d{3,4}$/.test(input.cvc)) throw refusal('invalid_cvc', "Your card's security code is invalid.", 'cvc');
  return { card, details: input };
}

function resolveToken(sandbox: Sandbox, token: string): { card: TestCard; details: CardInput } {
  const made = sandbox.tokens.find(token);
  if (made) return resolveCard(sandbox, made.card);
  const card = token.startsWith('tok_') ? cardByName(token.slice('tok_'.length)) : undefined;
  if (!card) throw noSuch('token', token, 'payment_method_data[card][token]', 400);
  return { card, details: { cvc: '123' } };
}

function isYearAhead(sandbox: Sandbox, year: number | undefined): boolean {
  if (year === undefined) return true;
  const now = new Date(sandbox.clock.nowMs()).getUTCFullYear();
  const full = year < 100 ? 2_000 + year : year;
  return full >= now && full <= now + 50;
}

function refusal(code: string, message: string, param: string): Error {
  return cardError({ code, message, param });
}

/** A decline as the fields of an error body. */
export function cardNumberError(decline: Decline): Omit<StripeErrorFields, 'type'> {
  return {
    code: decline.code,
    message: decline.message,
    ...(decline.declineCode === undefined ? {} : { decline_code: decline.declineCode }),
    ...(decline.adviceCode === undefined ? {} : { advice_code: decline.adviceCode }),
    ...(decline.networkDeclineCode === undefined ? {} : { network_decline_code: decline.networkDeclineCode }),
    ...(decline.code === 'incorrect_cvc' ? { param: 'cvc' } : {}),
    ...(decline.code === 'expired_card' ? { param: 'exp_month' } : {}),
  };
}
