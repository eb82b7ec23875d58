import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { redactEvent } from '#security';
import { HANDLED_STRIPE_EVENTS, translateStripeEvent } from '#stripe';

const FIXTURES = path.resolve(import.meta.dirname, '../../../test/fixtures/stripe-events');
// Where the payer goes next, and Stripe's words to them: of a payment at rest, which is the only one whose payer can be erased, neither counts.
const FOR_THE_PAYER = ['nextAction', 'lastError'];

describe('an event without the person', () => {
  it.each(readdirSync(FIXTURES))('means the same as before: %s', (file) => {
    const event = JSON.parse(readFileSync(path.join(FIXTURES, file), 'utf8')) as Record<string, unknown>;
    const type = path.basename(file, '.json');

    const { kept } = redactEvent(event);

    expect(Object.keys(HANDLED_STRIPE_EVENTS)).toContain(type);
    expect(meaningOf(type, kept as Record<string, unknown>)).toEqual(meaningOf(type, event));
  });

  function meaningOf(type: string, event: Readonly<Record<string, unknown>>): unknown {
    return JSON.parse(JSON.stringify(translateStripeEvent(type, event)), (name, value: unknown) =>
      FOR_THE_PAYER.includes(name) ? undefined : value,
    ) as unknown;
  }
});
