/** Inputs of machines: plain numbers, so that all there is to do is to refuse what is missing, not confirmed or not whole. */
import { isCurrencyCode } from '#kernel';
import { type PaymentMethod } from '#merchants';
import {
  currencyFrom,
  fromPlainAmount,
  type InputDefaults,
  type InputResult,
  isAmountMinor,
  MAX_AMOUNT_MINOR,
  type RawInput,
  referenceFrom,
  refused,
} from './native-input.js';

/** More of one thing than anyone buys at once. */
const MAX_QUANTITY = 1_000_000;
const MAX_AGE = 150;

/**
 * `nfc_tap`: `{ amount, currency?, tagId? }`. A tap says who pays and never how much, so the terminal must send its amount, in minor units.
 */
export function translateNfcTap(input: RawInput, defaults: InputDefaults, method: PaymentMethod): InputResult {
  return fromPlainAmount(input, defaults, { method, ...referenceFrom(input.tagId) });
}

/**
 * `sensor_trigger`: `{ sensorId, amount }` or `{ sensorId, quantity, unitAmount }`, with `currency?`.
 *
 * A quantity is a whole number of the units that have the price: 12 345 watt hours, not 12.345 kilowatt hours. When amount and quantity are
 * both there they must agree.
 */
export function translateSensorTrigger(input: RawInput, defaults: InputDefaults, method: PaymentMethod): InputResult {
  const { sensorId, quantity, unitAmount } = input;
  if (typeof sensorId !== 'string' || sensorId === '') return refused('input_malformed', 'sensorId');
  const rest = { method, ...referenceFrom(sensorId) };
  if (quantity === undefined && unitAmount === undefined) return fromPlainAmount(input, defaults, rest);
  return fromQuantity(input, defaults, rest);
}

/**
 * `controller_input`: `{ button, item: { id, amount, currency?, quantity?, minimumAge? } }`.
 *
 * Only `confirm` buys. The age that an item asks for comes along, because a game knows its items and nothing else in the request does.
 */
export function translateControllerInput(input: RawInput, defaults: InputDefaults, method: PaymentMethod): InputResult {
  const { button, item } = input;
  if (typeof button !== 'string') return refused('input_malformed', 'button');
  if (button !== 'confirm') return refused('input_not_confirmed', 'button', 'Press confirm to buy this item.');
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return refused('input_malformed', 'item');
  const { id, amount, currency, quantity = 1, minimumAge } = item as RawInput;
  const isAge =
    minimumAge === undefined || (typeof minimumAge === 'number' && Number.isInteger(minimumAge) && minimumAge > 0 && minimumAge <= MAX_AGE);
  if (!isAge) return refused('input_malformed', 'item.minimumAge');
  if (amount === undefined || amount === null) return refused('amount_missing', 'item.amount');
  const rest = { method, ...referenceFrom(id), ...(typeof minimumAge === 'number' ? { minimumAge } : {}) };
  return fromQuantity({ quantity, unitAmount: amount, currency }, defaults, rest);
}

/** A price times a whole quantity; exact, or refused. */
function fromQuantity(input: RawInput, defaults: InputDefaults, rest: Parameters<typeof fromPlainAmount>[2]): InputResult {
  const { quantity, unitAmount, amount } = input;
  const currency = currencyFrom(input, defaults);
  if (!isCurrencyCode(currency)) return refused(currency, 'currency');
  if (unitAmount === undefined) return refused('amount_missing', 'unitAmount');
  if (!isAmountMinor(unitAmount)) return refused('amount_out_of_range', 'unitAmount');
  const isWhole = typeof quantity === 'number' && Number.isInteger(quantity) && quantity > 0 && quantity <= MAX_QUANTITY;
  if (!isWhole) return refused('amount_ambiguous', 'quantity');
  const total = BigInt(unitAmount) * BigInt(quantity);
  if (total > BigInt(MAX_AMOUNT_MINOR)) return refused('amount_out_of_range', 'quantity');
  const amountMinor = Number(total);
  if (amount !== undefined && amount !== amountMinor) return refused('amount_ambiguous', 'amount');
  return { kind: 'translated', fields: { amountMinor, currency, ...rest } };
}
