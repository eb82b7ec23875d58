import { canMoveSavedMethod, SAVED_METHOD_STATUSES, statusAfterSetup } from './saved-method-status.js';

describe(canMoveSavedMethod.name, () => {
  it('knows six moves and no others', () => {
    const moves = SAVED_METHOD_STATUSES.flatMap((from) =>
      SAVED_METHOD_STATUSES.filter((to) => canMoveSavedMethod(from, to)).map((to) => `${from}>${to}`),
    );

    expect(moves).toEqual([
      'pending>requires_action',
      'pending>active',
      'pending>failed',
      'requires_action>active',
      'requires_action>failed',
      'active>detached',
    ]);
  });
});

describe(statusAfterSetup.name, () => {
  it.each([
    ['pending', 'requires_confirmation', null],
    ['pending', 'processing', null],
    ['pending', 'succeeded', 'active'],
    ['pending', 'requires_action', 'requires_action'],
    ['requires_action', 'requires_action', null],
    ['requires_action', 'requires_payment_method', 'failed'],
    ['requires_action', 'canceled', 'failed'],
    ['failed', 'succeeded', null],
    ['detached', 'succeeded', null],
    ['active', 'canceled', null],
  ] as const)('makes of %s and a setup that is %s: %s', (from, setup, to) => {
    expect(statusAfterSetup(from, setup)).toBe(to);
  });
});
