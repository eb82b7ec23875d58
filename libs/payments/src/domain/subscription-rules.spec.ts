import { DAY_MS } from '#kernel';
import { DEFAULT_PROFILES } from '#merchants';
import { decidePeriod, givesUpAt, type PeriodFacts } from './subscription-rules.js';

const AT = new Date('2026-11-23T10:00:00Z');
const POLICY = DEFAULT_PROFILES.subscription.retry;
const later = (days: number): Date => new Date(AT.getTime() + days * DAY_MS);
const facts = (parts: Partial<PeriodFacts>): PeriodFacts => ({
  isFirst: false,
  paymentStatus: 'requires_payment_method',
  awaitsOwner: false,
  decline: { declineCode: 'insufficient_funds', adviceCode: null },
  restedAt: AT,
  retriesMade: 0,
  paymentsMade: 1,
  canceledBy: null,
  givesUpAt: null,
  now: AT,
  jitter: 0,
  ...parts,
});

describe(decidePeriod.name, () => {
  it.each([
    ['a paid one is paid', { paymentStatus: 'succeeded' }, { kind: 'paid' }],
    ['one on its way is waited for', { paymentStatus: 'processing' }, { kind: 'wait' }],
    ['one before a challenge is waited for', { paymentStatus: 'requires_action' }, { kind: 'wait' }],
    ['one in review is waited for', { paymentStatus: 'in_review' }, { kind: 'wait' }],
    ['a soft decline is tried again', {}, { kind: 'retry', at: later(1) }],
    ['the next waits longer', { retriesMade: 1 }, { kind: 'retry', at: later(3) }],
    ['the last try ends it', { retriesMade: 4 }, { kind: 'end', reason: 'retries_exhausted' }],
    [
      'advice against it ends the tries and asks',
      { decline: { declineCode: 'insufficient_funds', adviceCode: 'do_not_try_again' } },
      { kind: 'ask', until: later(16), isAuthentication: false },
    ],
    [
      'a lost card is never tried again',
      { decline: { declineCode: 'lost_card', adviceCode: 'try_again_later' } },
      { kind: 'ask', until: later(16), isAuthentication: false },
    ],
    [
      'a challenge asks the customer',
      { paymentStatus: 'requires_action', awaitsOwner: true, decline: { declineCode: 'authentication_required', adviceCode: null } },
      { kind: 'ask', until: later(16), isAuthentication: true },
    ],
    [
      'who does not answer ends it',
      { decline: { declineCode: 'lost_card', adviceCode: null }, givesUpAt: later(16), now: later(16) },
      { kind: 'end', reason: 'no_answer' },
    ],
    [
      'a moment earlier they may still',
      { decline: { declineCode: 'lost_card', adviceCode: null }, givesUpAt: later(16), now: new Date(later(16).getTime() - 1) },
      { kind: 'ask', until: later(16), isAuthentication: false },
    ],
    ['the first is not tried again', { isFirst: true }, { kind: 'end', reason: 'payment_declined' }],
    ['a blocked one ends it', { paymentStatus: 'blocked' }, { kind: 'end', reason: 'payment_blocked' }],
    ['the merchant forgives', { paymentStatus: 'canceled', canceledBy: 'api' }, { kind: 'forgive' }],
    ['an analyst ends it', { paymentStatus: 'canceled', canceledBy: 'admin' }, { kind: 'end', reason: 'payment_canceled' }],
    ['one lost on the way is made anew', { paymentStatus: 'canceled', canceledBy: 'completer' }, { kind: 'replace' }],
    [
      'but not for ever',
      { paymentStatus: 'canceled', canceledBy: 'completer', paymentsMade: 3 },
      { kind: 'end', reason: 'payment_canceled' },
    ],
    [
      'the first that is canceled ends it',
      { isFirst: true, paymentStatus: 'canceled', canceledBy: 'api' },
      { kind: 'end', reason: 'payment_canceled' },
    ],
  ] as const)('%s', (_title, parts, decision) => {
    expect(decidePeriod(facts(parts), POLICY)).toEqual(decision);
  });
});

describe(givesUpAt.name, () => {
  it('waits as long as the profile would have tried, and a week where it would not', () => {
    expect(givesUpAt(AT, POLICY)).toEqual(later(16));
    expect(givesUpAt(AT, DEFAULT_PROFILES.service.retry)).toEqual(later(7));
  });
});
