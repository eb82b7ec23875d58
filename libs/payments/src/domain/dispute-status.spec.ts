import fc from 'fast-check';
import { DISPUTE_STATUSES, type DisputePosition, isDisputeClosed, nextDisputeStatus } from './dispute-status.js';

const at = (status: DisputePosition['status'], isAppeal = false): DisputePosition => ({ status, isAppeal });

describe(nextDisputeStatus.name, () => {
  it.each([
    ['an inquiry becomes a dispute', at('warning_needs_response'), at('needs_response'), 'move'],
    ['a closed inquiry becomes a dispute', at('warning_closed'), at('needs_response'), 'move'],
    ['a dispute never becomes an inquiry', at('needs_response'), at('warning_under_review'), 'late'],
    ['evidence puts it under review', at('needs_response'), at('under_review'), 'move'],
    ['a late opening does not undo that', at('under_review'), at('needs_response'), 'late'],
    ['a loss is not undone by an opening', at('lost'), at('needs_response'), 'late'],
    ['a loss is appealed', at('lost'), at('needs_response', true), 'move'],
    ['a loss turns out to be won', at('lost'), at('won'), 'move'],
    ['a win stays', at('won'), at('lost'), 'late'],
    ['what was prevented stays', at('prevented'), at('needs_response'), 'late'],
    ['the same again is no move', at('under_review'), at('under_review'), 'stay'],
    ['a loss during an appeal may be the first one', at('under_review', true), at('lost'), 'fetch'],
    ['a lost appeal hears of its loss again', at('lost', true), at('lost'), 'stay'],
    ['a lost appeal is not opened by a late event', at('lost', true), at('under_review', true), 'late'],
  ] as const)('%s', (_title, current, seen, move) => {
    expect(nextDisputeStatus(current, seen, 'hint')).toBe(move);
  });

  it('believes a fetched loss during an appeal', () => {
    expect(nextDisputeStatus(at('under_review', true), at('lost'), 'snapshot')).toBe('move');
  });

  it('ends in one state whatever the order of the events and however often each comes', () => {
    const life = [
      at('warning_needs_response'),
      at('warning_under_review'),
      at('needs_response'),
      at('under_review'),
      at('lost'),
      at('won'),
    ];
    const sequences = fc.shuffledSubarray([...life, ...life], { minLength: life.length * 2 });

    fc.assert(
      fc.property(sequences, (events) => {
        const [first, ...rest] = events;
        let current = first ?? at('needs_response');
        for (const event of rest) if (nextDisputeStatus(current, event, 'hint') === 'move') current = event;
        expect(current.status).toBe('won');
      }),
    );
  });

  it('leaves a closed dispute only for another end, a dispute after an inquiry, or an appeal', () => {
    for (const current of DISPUTE_STATUSES.filter(isDisputeClosed)) {
      for (const seen of DISPUTE_STATUSES) {
        const isLeft = nextDisputeStatus(at(current), at(seen), 'hint') === 'move';
        expect(isLeft && !isDisputeClosed(seen) && current !== 'warning_closed').toBe(false);
      }
    }
  });
});
