import { DAY_MS, HOUR_MS, MINUTE_MS } from '#kernel';
import { certificateState, remainingRatio, renewalInstant, retryPauseMs, type Validity } from './certificate-status.js';

const START = new Date('2026-01-01T00:00:00Z');

function lasting(lifetimeMs: number): Validity {
  return { notBefore: START, notAfter: after(lifetimeMs) };
}

function after(ms: number): Date {
  return new Date(START.getTime() + ms);
}

describe('certificateState', () => {
  it.each([
    { lifetime: '90 days', unitMs: DAY_MS },
    { lifetime: '90 seconds', unitMs: 1_000 },
  ])('is relative to a lifetime of $lifetime', ({ unitMs }) => {
    const validity = lasting(90 * unitMs);

    expect(certificateState(validity, after(0))).toBe('ok');
    expect(certificateState(validity, after(60 * unitMs))).toBe('ok');
    expect(certificateState(validity, after(60 * unitMs + 1))).toBe('renewal_due');
    expect(certificateState(validity, after(90 * unitMs))).toBe('renewal_due');
    expect(certificateState(validity, after(90 * unitMs + 1))).toBe('expired');
  });
});

describe('remainingRatio', () => {
  it.each([
    { at: 'before it begins', ms: -DAY_MS, ratio: 1 },
    { at: 'at half its life', ms: 45 * DAY_MS, ratio: 0.5 },
    { at: 'after its end', ms: 91 * DAY_MS, ratio: 0 },
  ])('is $ratio $at', ({ ms, ratio }) => {
    expect(remainingRatio(lasting(90 * DAY_MS), after(ms))).toBe(ratio);
  });

  it('is 0 for a certificate that ends before it begins', () => {
    expect(remainingRatio({ notBefore: after(1), notAfter: START }, START)).toBe(0);
  });
});

describe('renewalInstant', () => {
  const validity = lasting(90 * DAY_MS);

  it.each([
    { fingerprint: '00:00:00:00:AA', day: 60 },
    { fingerprint: 'FF:FF:FF:FF:AA', day: 55.5 },
  ])('is day $day for a fingerprint of $fingerprint', ({ fingerprint, day }) => {
    expect(renewalInstant(validity, fingerprint)).toEqual(after(day * DAY_MS));
  });

  it('is before the state changes, so that a timely renewal is never reported as due', () => {
    expect(certificateState(validity, renewalInstant(validity, '12345678'))).toBe('ok');
  });
});

describe('retryPauseMs', () => {
  it.each([
    { failures: 1, expected: MINUTE_MS },
    { failures: 2, expected: 2 * MINUTE_MS },
    { failures: 50, expected: HOUR_MS },
  ])('is $expected ms after $failures failures to get a first certificate', ({ failures, expected }) => {
    expect(retryPauseMs(failures, null, 0.5)).toBe(expected);
  });

  it.each([
    { failures: 1, expected: 64.8 * MINUTE_MS },
    { failures: 50, expected: 12 * HOUR_MS },
  ])('is $expected ms after $failures failures to renew 90 days', ({ failures, expected }) => {
    expect(retryPauseMs(failures, lasting(90 * DAY_MS), 0.5)).toBe(expected);
  });

  it('is never under a second', () => {
    expect(retryPauseMs(1, lasting(90_000), 0.5)).toBe(1_000);
  });

  it('varies by a fifth either way', () => {
    expect(retryPauseMs(1, null, 0)).toBe(48_000);
    expect(retryPauseMs(1, null, 0.999_999)).toBeCloseTo(72_000, -1);
  });
});
