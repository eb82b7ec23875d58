/** The documentation names everything there is. */
import { readFileSync } from 'node:fs';
import { FAULT_KINDS } from '../../apps/stripe-sandbox/src/faults.js';
import { NO_DISORDER } from '../../apps/stripe-sandbox/src/disorder.js';
import { CONTROL_ROUTES } from '../../apps/stripe-sandbox/src/control.js';
import { COVERED_TRIGGERS } from './support/triggers.js';

const text = readFileSync('docs/stripe-sandbox.md', 'utf8');

describe('docs/stripe-sandbox.md', () => {
  it('names every fault', () => {
    expect(FAULT_KINDS.filter((kind) => !text.includes(`\`${kind}\``))).toEqual([]);
  });

  it('names every kind of disorder', () => {
    expect(Object.keys(NO_DISORDER).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('names every control route that a test would call', () => {
    const paths = CONTROL_ROUTES.map(({ path }) =>
      path.source.replaceAll('\\/', '/').replace('^/_sandbox', '').replace('$', '').replace('(\\w+)', '{id}'),
    );
    // Pages are reached by the addresses in answers.
    const called = paths.filter((path) => !/^\/(authenticate|checkout)\/\{id\}$/.test(path));

    expect(called.filter((path) => !text.includes(path))).toEqual([]);
  });

  it('names every covered trigger', () => {
    const [, covered = ''] = text.split('## Covered triggers');
    const missing = COVERED_TRIGGERS.filter((trigger) => {
      const prefix =
        ['charge', 'checkout.session', 'test_helpers.test_clock'].find((each) => trigger.startsWith(`${each}.`)) ??
        trigger.slice(0, trigger.indexOf('.'));
      const line = covered.split('·').find((each) => each.includes(`\`${prefix}.\``)) ?? '';
      return !line.includes(`\`${trigger.slice(prefix.length + 1)}\``);
    });

    expect(missing).toEqual([]);
  });
});
