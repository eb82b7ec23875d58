/** Kernel: plain TypeScript that every library may use and that uses none of them. */
export { assert, assertNever, AssertionError } from './assert.js';
export { holdsCardNumber, maskCardNumbers } from './card-number.js';
export { Clock, DAY_MS, FixedClock, HOUR_MS, MINUTE_MS, SECOND_MS, SystemClock } from './clock.js';
export { CURRENCIES, currencyCode, currencyOf, isCurrencyCode, type Currency, type CurrencyCode } from './currency.js';
export { DomainError, type Advice, type DomainErrorKind, type DomainErrorOptions } from './domain-error.js';
export { firstIdAt, ID_PREFIXES, isId, newId, type IdKind } from './ids.js';
export {
  addMoney,
  AmountNotRepresentableError,
  CurrencyNotChargeableError,
  fromStripeAmount,
  money,
  percentageOf,
  subtractMoney,
  toStripeAmount,
  type Money,
} from './money.js';
export { instantAt, isTimeZone, localTimeAt, minuteOfDay, startOfLocalDay, type LocalDate, type LocalTime } from './time-zone.js';
