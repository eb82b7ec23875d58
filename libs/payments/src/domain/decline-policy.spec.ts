import fc from 'fast-check';
import { DAY_MS } from '#kernel';
import { DEFAULT_PROFILES } from '#merchants';
import { adviceFor, afterDecline, classifyDecline, codeForPayer, type Decline, type DeclinedAttempt } from './decline-policy.js';

const AT = new Date('2026-06-10T12:00:00Z');
const FINAL = ['fraudulent', 'highest_risk_level', 'lost_card', 'merchant_blacklist', 'pickup_card', 'restricted_card', 'stolen_card'];
const scheduled = DEFAULT_PROFILES.subscription.retry;
const anyDecline: fc.Arbitrary<Decline> = fc.record({
  declineCode: fc.option(fc.oneof(fc.string(), fc.constantFrom('insufficient_funds', 'do_not_honor', 'expired_card', ...FINAL))),
  adviceCode: fc.option(fc.constantFrom('do_not_try_again', 'confirm_card_data', 'try_again_later', 'something_new')),
});

describe('classifyDecline', () => {
  it.each([
    ['insufficient_funds', null, 'soft', 'retry'],
    ['issuer_not_available', null, 'soft', 'retry'],
    ['generic_decline', null, 'soft', 'retry'],
    ['authentication_required', null, 'authentication', 'fix'],
    ['incorrect_cvc', null, 'fixable', 'fix'],
    ['expired_card', null, 'fixable', 'fix'],
    ['do_not_honor', null, 'hard', 'contact_issuer'],
    ['do_not_try_again', null, 'hard', 'do_not_retry'],
    ['duplicate_transaction', null, 'hard', 'do_not_retry'],
    ['a_code_of_next_year', null, 'hard', 'contact_issuer'],
    [null, null, 'hard', 'contact_issuer'],
    ['stolen_card', null, 'final', 'do_not_retry'],
    ['insufficient_funds', 'do_not_try_again', 'hard', 'do_not_retry'],
    ['do_not_honor', 'try_again_later', 'soft', 'retry'],
    ['insufficient_funds', 'confirm_card_data', 'fixable', 'fix'],
    ['expired_card', 'try_again_later', 'fixable', 'fix'],
    ['authentication_required', 'try_again_later', 'authentication', 'fix'],
    ['stolen_card', 'try_again_later', 'final', 'do_not_retry'],
    ['toString', null, 'hard', 'contact_issuer'],
  ])('takes %s advised %s for %s: %s', (declineCode, adviceCode, declineClass, advice) => {
    expect(classifyDecline({ declineCode, adviceCode })).toBe(declineClass);
    expect(adviceFor({ declineCode, adviceCode })).toBe(advice);
  });
});

describe('codeForPayer', () => {
  it.each([...FINAL, 'a_code_of_next_year', null])('does not tell %s', (declineCode) => {
    expect(codeForPayer({ declineCode, adviceCode: null })).toBe('generic_decline');
  });

  it('tells what the payer can act on', () => {
    expect(codeForPayer({ declineCode: 'insufficient_funds', adviceCode: null })).toBe('insufficient_funds');
  });
});

describe('afterDecline', () => {
  it.each([
    [0, 1],
    [1, 3],
    [2, 5],
    [3, 7],
  ])('tries a renewal again after retry %i in %i days', (retriesMade, days) => {
    expect(afterDecline(aDecline({ retriesMade }), scheduled)).toEqual({ kind: 'retry', at: new Date(AT.getTime() + days * DAY_MS) });
  });

  it('gives up when the schedule is used up', () => {
    expect(afterDecline(aDecline({ retriesMade: 4 }), scheduled)).toEqual({ kind: 'give_up' });
  });

  it('stops where the card networks do, however long the schedule is', () => {
    const policy = { softDeclines: 'scheduled', delaysMs: Array.from({ length: 20 }, () => DAY_MS) } as const;

    expect(afterDecline(aDecline({ retriesMade: 14 }), policy).kind).toBe('retry');
    expect(afterDecline(aDecline({ retriesMade: 15 }), policy)).toEqual({ kind: 'give_up' });
  });

  it.each([
    ['the payer of a shop may try the same card', 'retail', true],
    ['the payer of a service may not', 'service', false],
  ] as const)('%s', (_, type, sameMethod) => {
    expect(afterDecline(aDecline({}), DEFAULT_PROFILES[type].retry)).toEqual({ kind: 'ask_payer', sameMethod });
  });

  it('asks the payer when a renewal needs a challenge', () => {
    const decline = { declineCode: 'authentication_required', adviceCode: null };

    expect(afterDecline(aDecline({ decline }), scheduled)).toEqual({ kind: 'ask_payer', sameMethod: false });
  });

  it('never repeats by itself what is not soft, and never later or earlier than a tenth beyond its delay', () => {
    fc.assert(
      fc.property(anyDecline, fc.nat({ max: 6 }), fc.nat({ max: 9_999 }), (decline, retriesMade, jitter) => {
        const after = afterDecline({ decline, retriesMade, jitter, declinedAt: AT }, scheduled);
        if (after.kind !== 'retry') return;
        const delayMs = scheduled.delaysMs[retriesMade] ?? NaN;
        const waitedMs = after.at.getTime() - AT.getTime();

        expect(classifyDecline(decline)).toBe('soft');
        expect(decline.adviceCode).not.toBe('do_not_try_again');
        expect(FINAL).not.toContain(decline.declineCode);
        expect(waitedMs >= delayMs && waitedMs < delayMs * 1.1).toBe(true);
      }),
    );
  });
});

function aDecline(attempt: Partial<DeclinedAttempt>): DeclinedAttempt {
  return { decline: { declineCode: 'insufficient_funds', adviceCode: null }, declinedAt: AT, retriesMade: 0, jitter: 0, ...attempt };
}
