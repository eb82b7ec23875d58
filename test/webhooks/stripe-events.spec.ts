import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  HANDLED_STRIPE_EVENTS,
  IGNORED_STRIPE_EVENTS,
  parseStripeEvent,
  readStripeEnvelope,
  type StripeEventTranslation,
  translateStripeEvent,
} from '#stripe';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FIXTURES = path.join(ROOT, 'test/fixtures/stripe-events');
const REFERENCE = path.resolve(ROOT, process.env['UPP_REFERENCE_DATA'] ?? '../shared/data/stripe');

const filesUnder = (folder: string): string[] => {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
};
const linesOf = (file: string): string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
};
const translateFile = (file: string): StripeEventTranslation => {
  const body = readFileSync(file);
  return translateStripeEvent(readStripeEnvelope(body, new Date(0), false).type, parseStripeEvent(body));
};
const absent = (what: string): [string, string | null][] => [[`${what}: reference data is absent at ${REFERENCE}`, null]];

describe('translateStripeEvent', () => {
  it('has a fixture for every handled type and none besides', () => {
    const fixtures = filesUnder(FIXTURES).map((file) => path.basename(file, '.json'));

    expect(fixtures.toSorted()).toEqual(Object.keys(HANDLED_STRIPE_EVENTS).toSorted());
  });

  it.each(Object.entries(HANDLED_STRIPE_EVENTS))('reads the fixture of %s as %s', (type, reading) => {
    const translation = translateFile(path.join(FIXTURES, `${type}.json`));

    expect(translation).toMatchObject(EXPECTED[reading] ?? {});
  });

  it.each([
    { type: 'payment_intent.succeeded', field: 'amount_capturable', object: 'payment' },
    { type: 'payment_intent.succeeded', field: 'latest_charge', object: 'payment' },
    { type: 'charge.dispute.created', field: 'evidence_details', object: 'dispute' },
    { type: 'refund.created', field: 'currency', object: 'refund' },
    { type: 'review.closed', field: 'closed_reason', object: 'review' },
    { type: 'radar.early_fraud_warning.created', field: 'fraud_type', object: 'fraud_warning' },
  ])('fetches the $object of a $type without $field, as older API versions send it', ({ type, field, object }) => {
    const event = JSON.parse(readFileSync(path.join(FIXTURES, `${type}.json`), 'utf8')) as { data: { object: Record<string, unknown> } };
    const id = event.data.object['id'];
    event.data.object = Object.fromEntries(Object.entries(event.data.object).filter(([name]) => name !== field));

    expect(translateStripeEvent(type, event)).toEqual({ kind: 'fetch', object, gatewayId: id });
  });

  it.each(['review.opened', 'radar.early_fraud_warning.created'])('ignores a %s of a charge without a payment intent', (type) => {
    const event = JSON.parse(readFileSync(path.join(FIXTURES, `${type}.json`), 'utf8')) as { data: { object: Record<string, unknown> } };
    event.data.object = Object.fromEntries(Object.entries(event.data.object).filter(([name]) => name !== 'payment_intent'));

    expect(translateStripeEvent(type, event)).toMatchObject({ kind: 'ignored' });
  });

  it.each(['hasOwnProperty', '__proto__', 'constructor', 'no.such.type', '', 'payment_intent'])('ignores the unknown type "%s"', (type) => {
    expect(translateStripeEvent(type, { data: { object: {} } })).toMatchObject({ kind: 'ignored' });
  });

  it.each([{}, { data: null }, { data: { object: 'pi_1' } }, { data: { object: [] } }])('does not stumble over %j', (event) => {
    for (const type of Object.keys(HANDLED_STRIPE_EVENTS)) expect(translateStripeEvent(type, event)).toMatchObject({ kind: 'ignored' });
  });

  it('says of bytes that are no event that they are unreadable', () => {
    expect(translateStripeEvent('unreadable', null)).toEqual({ kind: 'unreadable' });
  });

  it('names a reason for every type it ignores, once per beginning', () => {
    const prefixes = IGNORED_STRIPE_EVENTS.map(([prefix]) => prefix);

    expect(new Set(prefixes).size).toBe(prefixes.length);
  });
});

const types = linesOf(path.join(REFERENCE, 'event-types-2026-10-28.endive.txt')).map((type): [string, string | null] => [type, type]);

describe('every type of the API version in use', () => {
  it.each(types.length > 0 ? types : absent('types'))('%s is handled or ignored on purpose', (_title, type) => {
    const isKnown =
      type === null || Object.hasOwn(HANDLED_STRIPE_EVENTS, type) || IGNORED_STRIPE_EVENTS.some(([prefix]) => type.startsWith(prefix));

    expect(isKnown).toBe(true);
  });
});

const recorded = filesUnder(path.join(REFERENCE, 'events')).map((file): [string, string | null] => [path.relative(REFERENCE, file), file]);

describe('recorded events', () => {
  it.each(recorded.length > 0 ? recorded : absent('events'))('%s has a meaning, whatever its API version', (_title, file) => {
    const kinds = file === null ? 'ignored' : translateFile(file).kind;

    expect(['payment', 'refund', 'dispute', 'review', 'fraud_warning', 'customer_deleted', 'ignored', 'fetch', 'unreadable']).toContain(
      kinds,
    );
  });
});

/** What identifies the translation of each fixture. */
const EXPECTED: Readonly<Record<string, object>> = {
  payment_intent: { kind: 'payment', object: { gatewayId: 'pi_3TfixtureCoffee00000001', amountMinor: 1250 } },
  refund: { kind: 'refund', object: { refundId: 're_01jd8y3v5kq2e9c7x4m6n0r1st', amountMinor: 500 } },
  dispute: { kind: 'dispute', object: { paymentGatewayId: 'pi_3TfixtureCoffee00000001', reason: 'fraudulent' } },
  review: { kind: 'review', object: { paymentGatewayId: 'pi_3TfixtureCoffee00000001', openedReason: 'rule' } },
  fraud_warning: { kind: 'fraud_warning', object: { gatewayId: 'issfr_1TfixtureCoffee00001', fraudType: 'made_with_stolen_card' } },
  refunds_of_charge: { kind: 'refund', object: { gatewayId: 're_3TfixtureCoffee00000001' } },
  payment_of_charge: { kind: 'fetch', object: 'payment', gatewayId: 'pi_3TfixtureCoffee00000001' },
  payment_of_reader: { kind: 'fetch', object: 'payment', gatewayId: 'pi_3TfixtureCoffee00000001' },
  setup_intent: { kind: 'fetch', object: 'setup', gatewayId: 'seti_1TfixtureCoffee00000001' },
  payment_method: { kind: 'fetch', object: 'method', gatewayId: 'pm_1TfixtureCoffee00000001' },
  payout: { kind: 'fetch', object: 'payout', gatewayId: 'po_1TfixtureCoffee00000001' },
  deleted_customer: { kind: 'customer_deleted', object: { gatewayId: 'cus_TfixtureCoffee01' } },
};
