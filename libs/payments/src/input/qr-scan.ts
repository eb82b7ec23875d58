/** Scanned QR codes: EMV's merchant-presented code, or this product's own link. */
import { type CurrencyCode, currencyCode, isCurrencyCode } from '#kernel';
import { type PaymentMethod } from '#merchants';
import { parseDecimalAmount } from './decimal-amount.js';
import {
  fromPlainAmount,
  type InputDefaults,
  type InputRefusalCode,
  type InputResult,
  type RawInput,
  referenceFrom,
  refused,
} from './native-input.js';

/** The most that EMV's specification puts into a code. */
const MAX_PAYLOAD_LENGTH = 512;
const OWN_LINK = 'upp:pay?';
/** EMV fields by id. @see EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, 4.1 "Data Objects" */
const EMV = { format: '00', currency: '53', amount: '54', tip: '55', country: '58', name: '59', checksum: '63' } as const;

/** ISO 4217's numbers of the currencies that a default profile accepts or a merchant is likely to add. */
const CURRENCY_BY_NUMBER: ReadonlyMap<string, CurrencyCode> = new Map(
  (
    '036 aud 124 cad 344 hkd 356 inr 392 jpy 458 myr 554 nzd 578 nok 702 sgd 752 sek 756 chf 764 thb 826 gbp 840 usd 978 eur 985 pln 986 brl'.match(
      /\d+ \w+/g,
    ) ?? []
  ).map((pair) => [pair.slice(0, 3), currencyCode(pair.slice(4))]),
);

/**
 * `{ payload }`, as scanned.
 *
 * - `upp:pay?amount=1099&currency=usd&reference=…`: minor units; a parameter that comes twice is ambiguous.
 * - `000201…6304ABCD`: EMV; the checksum must be right, the amount (in major units) must be there, and a code that asks the payer for a tip
 *   is ambiguous, because the payer has not been asked.
 */
export function translateQrScan(input: RawInput, defaults: InputDefaults, method: PaymentMethod): InputResult {
  const { payload } = input;
  if (typeof payload !== 'string' || payload === '' || payload.length > MAX_PAYLOAD_LENGTH) return refused('input_malformed', 'payload');
  if (payload.startsWith(OWN_LINK)) return fromOwnLink(payload, defaults, method);
  if (payload.startsWith('000201')) return fromEmv(payload, method);
  return refused('input_malformed', 'payload', 'This code is not a payment code.');
}

function fromOwnLink(payload: string, defaults: InputDefaults, method: PaymentMethod): InputResult {
  const parameters = new URLSearchParams(payload.slice(OWN_LINK.length));
  for (const name of parameters.keys()) {
    if (parameters.getAll(name).length > 1) return refused('amount_ambiguous', 'payload');
  }
  const amount = parameters.get('amount');
  if (amount !== null && !/^\d{1,12}$/.test(amount)) return refused('amount_ambiguous', 'payload');
  const currency = parameters.get('currency');
  const plain = { ...(amount === null ? {} : { amount: Number(amount) }), ...(currency === null ? {} : { currency }) };
  const result = fromPlainAmount(plain, defaults, { method, ...referenceFrom(parameters.get('reference')) });
  return result.kind === 'refused' ? refused(result.refusal.code, 'payload') : result;
}

function fromEmv(payload: string, method: PaymentMethod): InputResult {
  const fields = readEmv(payload);
  if (!(fields instanceof Map)) return refused(fields, 'payload', 'Please scan the code again.');
  const currency = CURRENCY_BY_NUMBER.get(fields.get(EMV.currency) ?? '');
  if (!isCurrencyCode(currency)) return refused('currency_unknown', 'payload');
  const amount = fields.get(EMV.amount);
  if (amount === undefined) return refused('amount_missing', 'payload', 'This code has no amount. Please enter it.');
  if (fields.has(EMV.tip)) return refused('amount_ambiguous', 'payload', 'This code asks for a tip. Please enter the amount with it.');
  // EMV allows digits and one point, without groups and with a digit in front.
  const amountMinor = /^\d+(\.\d*)?$/.test(amount) ? parseDecimalAmount(amount.replace(/\.$/, ''), currency) : 'amount_ambiguous';
  if (typeof amountMinor !== 'number') return refused(amountMinor, 'payload');
  if (amountMinor === 0) return refused('amount_missing', 'payload');
  return { kind: 'translated', fields: { amountMinor, currency, method, ...referenceFrom(fields.get(EMV.name)) } };
}

/** Id, length and value in two, two and as many characters, over and over; the checksum is the last and covers all before its value. */
function readEmv(payload: string): Map<string, string> | InputRefusalCode {
  const fields = new Map<string, string>();
  let at = 0;
  while (at < payload.length) {
    const id = payload.slice(at, at + 2);
    const length = payload.slice(at + 2, at + 4);
    const end = at + 4 + Number(length);
    if (!/^\d\d$/.test(id) || !/^\d\d$/.test(length) || end > payload.length) return 'input_malformed';
    if (fields.has(id)) return 'amount_ambiguous';
    fields.set(id, payload.slice(at + 4, end));
    at = end;
  }
  const checksum = [...fields.keys()].at(-1) === EMV.checksum ? fields.get(EMV.checksum) : undefined;
  if (checksum?.length !== 4) return 'input_malformed';
  return checksum.toUpperCase() === emvChecksum(payload.slice(0, -4)) ? fields : 'qr_checksum_wrong';
}

/** CRC-16 with the polynomial 1021 from FFFF, as four capital hex digits. @see ISO/IEC 13239 */
export function emvChecksum(text: string): string {
  let crc = 0xffff;
  for (const byte of Buffer.from(text, 'utf8')) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
}
