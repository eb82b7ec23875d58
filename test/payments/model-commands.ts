/** The random commands of the model test, and how often each comes. */
import fc from 'fast-check';

// Most payments succeed, or there is nothing to capture and to refund.
const CARDS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_mastercard',
  'pm_card_visa_chargeDeclined',
  'pm_card_authenticationRequired',
  // Its refunds succeed at first, and fail seconds later.
  'pm_card_refundFail',
  'pm_card_visa_chargeDeclinedInsufficientFunds',
] as const;
const FAULTS = [
  'reset_before',
  'reset',
  'cut',
  'malformed',
  'error_before',
  'error',
  'error_unsaved',
  'rate_limited_no_retry',
  'lock_timeout',
  'key_in_use',
] as const;

/** What can be asked of a payment at the same moment as something else. */
export type Operation = 'confirm' | 'capture' | 'cancel' | 'refund' | 'complete';
/** One step of a run. */
export type Command =
  | { readonly name: 'pay'; readonly card: string; readonly amount: number; readonly manual: boolean }
  | { readonly name: 'fault'; readonly fault: string; readonly skip: number }
  | { readonly name: 'repeat'; readonly which: number }
  | { readonly name: 'confirm'; readonly which: number; readonly card: string }
  | { readonly name: 'capture'; readonly which: number; readonly share: number; readonly tip: number }
  | { readonly name: 'collide'; readonly which: number; readonly how: readonly [Operation, Operation] }
  | { readonly name: 'cancel'; readonly which: number }
  | { readonly name: 'refund'; readonly which: number; readonly share: number }
  | { readonly name: 'challenge'; readonly which: number; readonly outcome: 'succeed' | 'fail' }
  | { readonly name: 'complete' };

/** One of the newest payments. */
const which = fc.nat(3);
/** Of what there is; now and then too much. */
const share = fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 110 }));
const operation = fc.constantFrom<Operation[]>('confirm', 'capture', 'cancel', 'refund', 'complete');
/** Any of them, those that make something more often. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      name: fc.constant('pay' as const),
      card: fc.constantFrom(...CARDS),
      amount: fc.integer({ min: 50, max: 100_000 }),
      manual: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ name: fc.constant('fault' as const), fault: fc.constantFrom(...FAULTS), skip: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('repeat' as const), which }) },
  { weight: 3, arbitrary: fc.record({ name: fc.constant('confirm' as const), which, card: fc.constantFrom(...CARDS) }) },
  // Up to half of the base may be a tip; now and then it is too much.
  {
    weight: 5,
    arbitrary: fc.record({
      name: fc.constant('capture' as const),
      which,
      share,
      tip: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 55 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ name: fc.constant('collide' as const), which, how: fc.tuple(operation, operation) }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constant('cancel' as const), which }) },
  { weight: 3, arbitrary: fc.record({ name: fc.constant('refund' as const), which, share }) },
  {
    weight: 2,
    arbitrary: fc.record({ name: fc.constant('challenge' as const), which, outcome: fc.constantFrom('succeed' as const, 'fail' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('complete' as const) }) },
);
