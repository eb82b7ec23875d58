import fc from 'fast-check';
import {
  canMove,
  findFaultsOfMoves,
  INITIAL_PAYMENT_STATUS,
  isPaymentStatus,
  isTerminal,
  type MoveDecision,
  nextPaymentStatus,
  PAYMENT_MOVES,
  type PaymentMover,
  type PaymentMoves,
  PAYMENT_STATUSES,
  paymentStatusRank,
  type PaymentStatus,
  statusesBefore,
} from './payment-status.js';

const MOVERS: readonly PaymentMover[] = ['client', 'gateway', 'completer', 'admin'];
const TERMINAL: readonly PaymentStatus[] = ['blocked', 'canceled', 'succeeded'];

/** Written a second time and by hand, as `from > to: first letters of the movers`, so that no edit of the table goes unnoticed. */
const LEGAL_MOVES = `
  accumulating > processing: o
  accumulating > canceled: c o a
  in_review > requires_confirmation: a o
  in_review > requires_action: g
  in_review > processing: g
  in_review > requires_capture: g
  in_review > blocked: a
  in_review > canceled: c g o a
  in_review > succeeded: g
  requires_payment_method > requires_confirmation: c o
  requires_payment_method > requires_action: g
  requires_payment_method > processing: g
  requires_payment_method > requires_capture: g
  requires_payment_method > canceled: c g o a
  requires_payment_method > succeeded: g
  requires_confirmation > accumulating: c o
  requires_confirmation > in_review: c o
  requires_confirmation > requires_payment_method: g
  requires_confirmation > requires_action: g
  requires_confirmation > processing: c g o
  requires_confirmation > requires_capture: g
  requires_confirmation > blocked: c o
  requires_confirmation > canceled: c g o a
  requires_confirmation > succeeded: g
  requires_action > requires_payment_method: g
  requires_action > requires_confirmation: c
  requires_action > processing: g
  requires_action > requires_capture: g
  requires_action > canceled: c g o a
  requires_action > succeeded: g
  processing > accumulating: o
  processing > requires_payment_method: g
  processing > requires_confirmation: c o
  processing > requires_action: g
  processing > requires_capture: g
  processing > canceled: g o
  processing > succeeded: g
  requires_capture > processing: g
  requires_capture > canceled: c g o a
  requires_capture > succeeded: c g o a
`;

const LETTERS: Readonly<Record<PaymentMover, string>> = { client: 'c', gateway: 'g', completer: 'o', admin: 'a' };
const legal = new Set(
  LEGAL_MOVES.trim()
    .split('\n')
    .flatMap((line) => {
      const [move = '', letters = ''] = line.trim().split(': ');
      return letters.split(' ').map((letter) => `${move} by ${letter}`);
    }),
);
const everyCase = PAYMENT_STATUSES.flatMap((from) => PAYMENT_STATUSES.flatMap((to) => MOVERS.map((by) => ({ from, to, by }))));

describe('PAYMENT_MOVES', () => {
  it('has neither unreachable nor endless states', () => {
    expect(findFaultsOfMoves(PAYMENT_MOVES)).toEqual([]);
  });

  it.each(everyCase)('$by from $from to $to', ({ from, to, by }) => {
    expect(canMove(from, to, by)).toBe(legal.has(`${from} > ${to} by ${LETTERS[by]}`));
  });

  it('ends in the three terminal states, which rank highest', () => {
    expect(PAYMENT_STATUSES.filter(isTerminal)).toEqual(TERMINAL);
    expect(Math.min(...TERMINAL.map(paymentStatusRank))).toBe(PAYMENT_STATUSES.length - TERMINAL.length);
  });

  it('lets clients and admins reach the processor through requires_confirmation alone', () => {
    expect([...statusesBefore('processing', 'client'), ...statusesBefore('processing', 'admin')]).toEqual(['requires_confirmation']);
  });

  it('says where a cancel may start', () => {
    expect(statusesBefore('canceled', 'client')).toEqual([
      'accumulating',
      'in_review',
      'requires_payment_method',
      'requires_confirmation',
      'requires_action',
      'requires_capture',
    ]);
  });
});

describe('findFaultsOfMoves', () => {
  it('names a state that is not reached, one that never ends, a move of nobody and a move to itself', () => {
    const broken: PaymentMoves = {
      ...PAYMENT_MOVES,
      requires_confirmation: { processing: ['client'], canceled: ['client'] },
      requires_action: { requires_action: ['gateway'] },
      processing: { requires_action: ['gateway'], succeeded: [] },
    };

    expect(findFaultsOfMoves(broken)).toEqual([
      'accumulating cannot be reached',
      'in_review cannot be reached',
      'requires_payment_method cannot be reached',
      'requires_action never ends',
      'requires_action moves to itself',
      'nobody may move processing to succeeded',
      'requires_capture cannot be reached',
      'blocked cannot be reached',
    ]);
  });
});

describe('nextPaymentStatus', () => {
  it.each(everyCase.filter(({ by }) => by !== 'gateway'))('moves or refuses $by from $from to $to', ({ from, to, by }) => {
    const expected = from === to ? 'stay' : canMove(from, to, by) ? 'move' : 'refuse';

    expect(nextPaymentStatus(from, { to, by }).kind).toBe(expected);
  });

  it.each<[PaymentStatus, PaymentStatus, MoveDecision['kind'], string]>([
    ['processing', 'succeeded', 'move', 'an end is believed'],
    ['processing', 'canceled', 'move', 'an end is believed'],
    ['in_review', 'canceled', 'move', 'an end is believed'],
    ['processing', 'requires_payment_method', 'fetch', 'a decline may be of an earlier attempt'],
    ['requires_payment_method', 'processing', 'fetch', 'may be of the attempt that was declined'],
    ['processing', 'processing', 'stay', 'nothing new'],
    ['in_review', 'requires_confirmation', 'stay', 'an unconfirmed intent is no news'],
    ['processing', 'requires_confirmation', 'stay', 'an unconfirmed intent is no news'],
    ['in_review', 'requires_payment_method', 'fetch', 'not final'],
    ['succeeded', 'requires_payment_method', 'stay', 'late: a decline before the success'],
    ['succeeded', 'requires_capture', 'stay', 'late'],
    ['succeeded', 'canceled', 'fetch', 'two ends'],
    ['canceled', 'succeeded', 'fetch', 'two ends'],
    ['canceled', 'requires_capture', 'fetch', 'money is held where none should be'],
    ['canceled', 'requires_confirmation', 'stay', 'late'],
    ['blocked', 'canceled', 'stay', 'the blocked payment intent was canceled'],
    ['blocked', 'succeeded', 'fetch', 'money moved where none should'],
    ['accumulating', 'succeeded', 'fetch', 'not a legal successor'],
  ])('answers a hint at %s of %s with %s: %s', (current, to, kind) => {
    expect(nextPaymentStatus(current, { to, by: 'gateway', evidence: 'hint' }).kind).toBe(kind);
  });

  it.each<[PaymentStatus, PaymentStatus, MoveDecision['kind']]>([
    ['processing', 'requires_payment_method', 'move'],
    ['requires_confirmation', 'succeeded', 'move'],
    ['requires_action', 'requires_confirmation', 'stay'],
    ['processing', 'requires_confirmation', 'stay'],
    ['in_review', 'requires_confirmation', 'stay'],
    ['in_review', 'requires_payment_method', 'stay'],
    ['in_review', 'succeeded', 'move'],
    ['accumulating', 'requires_confirmation', 'stay'],
    ['accumulating', 'succeeded', 'contradiction'],
    ['blocked', 'requires_confirmation', 'stay'],
    ['blocked', 'canceled', 'stay'],
    ['blocked', 'succeeded', 'contradiction'],
    ['canceled', 'processing', 'contradiction'],
    ['succeeded', 'canceled', 'contradiction'],
    ['succeeded', 'requires_capture', 'contradiction'],
    ['requires_capture', 'requires_payment_method', 'contradiction'],
  ])('answers a snapshot at %s of %s with %s', (current, to, kind) => {
    expect(nextPaymentStatus(current, { to, by: 'gateway', evidence: 'snapshot' }).kind).toBe(kind);
  });

  it('takes a gateway without evidence for a snapshot', () => {
    expect(nextPaymentStatus('processing', { to: 'requires_payment_method', by: 'gateway' })).toEqual({
      kind: 'move',
      to: 'requires_payment_method',
    });
  });

  it('leaves no terminal state, whatever is wished in whatever order', () => {
    const wish = fc.record({
      to: fc.constantFrom(...PAYMENT_STATUSES),
      by: fc.constantFrom(...MOVERS),
      evidence: fc.constantFrom('hint' as const, 'snapshot' as const),
    });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
        let current = INITIAL_PAYMENT_STATUS;
        let ended: PaymentStatus | undefined;
        for (const each of wishes) {
          const decision = nextPaymentStatus(current, each);
          if (decision.kind === 'move') {
            expect(PAYMENT_MOVES[current][decision.to]).toContain(each.by);
            current = decision.to;
          }
          if (ended) expect(current).toBe(ended);
          if (isTerminal(current)) ended = current;
        }
      }),
    );
  });
});

describe('isPaymentStatus', () => {
  it.each([
    ['in_review', true],
    ['declined', false],
    ['constructor', false],
    [null, false],
  ])('answers %p with %p', (value, expected) => {
    expect(isPaymentStatus(value)).toBe(expected);
  });
});
