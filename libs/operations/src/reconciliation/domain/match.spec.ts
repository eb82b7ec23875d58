import { differenceOf } from './match.js';

const there = { amountMinor: 1_000, currency: 'usd' };
const here = { ...there, hasMoved: true, status: 'succeeded' };

describe('differenceOf', () => {
  it.each([
    { what: 'equal sides', ours: here, isOurs: true, kind: undefined },
    { what: 'our payment that we lost', ours: null, isOurs: true, kind: 'missing_here' },
    { what: 'a charge of the dashboard', ours: null, isOurs: false, kind: 'foreign' },
    { what: 'another currency', ours: { ...here, currency: 'eur' }, isOurs: true, kind: 'currency_mismatch' },
    { what: 'a status before the charge', ours: { ...here, hasMoved: false, status: 'processing' }, isOurs: true, kind: 'state_mismatch' },
    { what: 'one cent more at Stripe', ours: { ...here, amountMinor: 999 }, isOurs: true, kind: 'over' },
    { what: 'one cent less at Stripe', ours: { ...here, amountMinor: 1_001 }, isOurs: true, kind: 'under' },
  ])('calls $what $kind', ({ ours, isOurs, kind }) => {
    expect(differenceOf(there, ours, isOurs)?.kind).toBe(kind);
  });
});
