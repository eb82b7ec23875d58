import { type ListHit } from '../features.js';
import { type Reading, type Rule } from '../rule.js';

/** An active entry names the attempt: a block entry decides alone, a watch entry holds the payment for review. */
export const blacklistRule: Rule = {
  name: 'blacklist',
  version: 1,
  read({ lists }) {
    if (lists === null) return [{ measure: 'block_entries', value: 'unavailable', detail: 'the lists could not be read' }];
    return [entries('block_entries', lists.block), entries('watch_entries', lists.review)];
  },
};

function entries(measure: string, hits: readonly ListHit[]): Reading {
  return { measure, value: hits.length, detail: hits.map(({ kind, entryId }) => `${kind} ${entryId}`).join(', ') };
}
