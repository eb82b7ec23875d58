import { CircuitBreaker } from './circuit-breaker.js';

const SETTINGS = { window: 4, failureRatio: 0.5, openMs: 1_000 };

function anOpenBreaker(): CircuitBreaker {
  const breaker = new CircuitBreaker(SETTINGS);
  for (const hasAnswered of [true, true, false, false]) breaker.record(hasAnswered, 0);
  return breaker;
}

describe(CircuitBreaker.name, () => {
  it('stays closed below the ratio and before its window is full', () => {
    const breaker = new CircuitBreaker(SETTINGS);

    for (const hasAnswered of [false, false, false]) breaker.record(hasAnswered, 0);
    expect(breaker.mayCall(0)).toBe(true);

    const other = new CircuitBreaker(SETTINGS);
    for (const hasAnswered of [false, true, true, true, false]) other.record(hasAnswered, 0);
    expect(other.mayCall(0)).toBe(true);
  });

  it('opens at the ratio and says when to come back', () => {
    const breaker = anOpenBreaker();

    expect(breaker.mayCall(999)).toBe(false);
    expect(breaker.retryAfterMs(400)).toBe(600);
  });

  it('lets exactly one probe through, and closes when it is answered', () => {
    const breaker = anOpenBreaker();

    expect(breaker.mayCall(1_000)).toBe(true);
    expect(breaker.mayCall(1_000)).toBe(false);
    breaker.record(true, 1_100);

    expect(breaker.isOpen).toBe(false);
    expect(breaker.mayCall(1_100)).toBe(true);
  });

  it('opens again when the probe is not answered', () => {
    const breaker = anOpenBreaker();
    breaker.mayCall(1_000);

    breaker.record(false, 1_500);

    expect(breaker.mayCall(2_499)).toBe(false);
    expect(breaker.mayCall(2_500)).toBe(true);
  });

  it('ignores calls that were under way when it opened', () => {
    const breaker = anOpenBreaker();

    breaker.record(true, 10);

    expect(breaker.isOpen).toBe(true);
  });
});
