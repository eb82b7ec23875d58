import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import Stripe from 'stripe';
import { FixedClock } from '#kernel';
import {
  parseStripeEvent,
  readStripeEnvelope,
  StripeWebhookVerifier,
  UNREADABLE_EVENT_TYPE,
  WebhookSignatureInvalidError,
} from './stripe-webhooks.js';

const NOW_SECONDS = 1_790_000_000;
const NOW = new Date(NOW_SECONDS * 1_000);
const SECRETS = ['whsec_old_0123456789', 'whsec_new_0123456789', 'whsec_connect_012345'];

const verifier = (secrets = SECRETS): StripeWebhookVerifier => new StripeWebhookVerifier(secrets, new FixedClock(NOW));
const headerOf = (body: Buffer, secret: string, atSeconds = NOW_SECONDS): string =>
  `t=${atSeconds},v1=${createHmac('sha256', secret).update(`${atSeconds}.`).update(body).digest('hex')}`;
const reasonOf = (check: () => unknown): string => {
  try {
    check();
  } catch (error) {
    if (error instanceof WebhookSignatureInvalidError) return error.reason;
    throw error;
  }
  return 'accepted';
};

describe('StripeWebhookVerifier', () => {
  it('agrees with the official SDK on any body, secret, age and damage', () => {
    const stripe = new Stripe('sk_test_oracle');
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.constantFrom(...SECRETS, 'whsec_foreign_0123456'),
        fc.integer({ min: -400, max: 0 }),
        fc.constantFrom('none', 'body', 'header', 'timestamp'),
        (bytes, secret, ageSeconds, damage) => {
          // The SDK judges text; ASCII is the same bytes in both.
          const body = Buffer.from(JSON.stringify({ object: 'event', bytes: [...bytes] }));
          let header = headerOf(body, secret, NOW_SECONDS + ageSeconds);
          if (damage === 'body') body[body.length - 2] = 0x39;
          if (damage === 'header') header = header.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
          if (damage === 'timestamp') header = header.replace(/^t=\d/, 't=2');

          const ours = reasonOf(() => verifier().verify(body, header));

          const theirs = SECRETS.some((each) => {
            try {
              stripe.webhooks.constructEvent(body, header, each, 300, undefined, NOW.getTime());
              return true;
            } catch {
              return false;
            }
          });
          // The SDK has no limit ahead; ours is the same 300 s.
          if (damage !== 'timestamp') expect(ours === 'accepted').toBe(theirs);
          else expect(ours).not.toBe('accepted');
        },
      ),
    );
  });

  it('accepts what the SDK signs for tests', () => {
    const payload = JSON.stringify({ id: 'evt_1', type: 'ping' });
    const header = new Stripe('sk_test_oracle').webhooks.generateTestHeaderString({
      payload,
      secret: SECRETS[1] ?? '',
      timestamp: NOW_SECONDS,
    });

    expect(verifier().verify(Buffer.from(payload), header)).toBe(1);
  });

  it.each([
    { ageSeconds: 300, answer: 'accepted' },
    { ageSeconds: 301, answer: 'timestamp_outside_tolerance' },
    { ageSeconds: -300, answer: 'accepted' },
    { ageSeconds: -301, answer: 'timestamp_outside_tolerance' },
  ])('answers $answer to a signature $ageSeconds s old', ({ ageSeconds, answer }) => {
    const body = Buffer.from('{}');

    expect(reasonOf(() => verifier().verify(body, headerOf(body, SECRETS[0] ?? '', NOW_SECONDS - ageSeconds)))).toBe(answer);
  });

  it.each([
    { header: undefined, reason: 'header_missing' },
    { header: '', reason: 'header_missing' },
    { header: 'garbage', reason: 'header_malformed' },
    { header: `t=${NOW_SECONDS}`, reason: 'header_malformed' },
    { header: `t=${NOW_SECONDS},v0=${'a'.repeat(64)}`, reason: 'header_malformed' },
    { header: `t=${NOW_SECONDS},v1=${'a'.repeat(63)}`, reason: 'header_malformed' },
    { header: `t=${NOW_SECONDS},v1=${'z'.repeat(64)}`, reason: 'header_malformed' },
    { header: `t=1e9,v1=${'a'.repeat(64)}`, reason: 'header_malformed' },
    { header: `t=${NOW_SECONDS},v1=${'a'.repeat(64)}`, reason: 'signature_mismatch' },
    { header: `t=${NOW_SECONDS},${`v1=${'a'.repeat(64)},`.repeat(40)}`, reason: 'header_malformed' },
  ])('refuses $header as $reason', ({ header, reason }) => {
    expect(reasonOf(() => verifier().verify(Buffer.from('{}'), header))).toBe(reason);
  });

  it('finds the good signature among several, as Stripe sends them while a secret is rolled', () => {
    const body = Buffer.from('{"a":1}');
    const [time, good] = headerOf(body, SECRETS[2] ?? '').split(',');

    expect(verifier().verify(body, `${time},v1=${'b'.repeat(64)},${good},v0=${'c'.repeat(64)}`)).toBe(2);
  });

  it('refuses everything when no secret is configured', () => {
    const body = Buffer.from('{}');

    expect(reasonOf(() => verifier([]).verify(body, headerOf(body, '')))).toBe('signature_mismatch');
  });
});

describe('readStripeEnvelope', () => {
  it('reads a snapshot event', () => {
    const body = {
      id: 'evt_1',
      account: 'acct_1',
      livemode: true,
      type: 'a.b',
      api_version: '2017-08-15',
      created: 5,
      data: { object: { id: 'pi_1' } },
    };

    expect(readStripeEnvelope(Buffer.from(JSON.stringify(body)), NOW, false)).toEqual({
      stripeEventId: 'evt_1',
      account: 'acct_1',
      livemode: true,
      type: 'a.b',
      apiVersion: '2017-08-15',
      objectId: 'pi_1',
      paymentIntentId: null,
      createdAt: new Date(5_000),
    });
  });

  it('reads a thin event', () => {
    const body = {
      id: 'evt_2',
      object: 'v2.core.event',
      type: 'v1.x',
      created: '2026-11-01T10:00:00.000Z',
      livemode: false,
      context: 'acct_2',
      related_object: { id: 'mtr_1' },
    };

    expect(readStripeEnvelope(Buffer.from(JSON.stringify(body)), NOW, true)).toMatchObject({
      account: 'acct_2',
      livemode: false,
      objectId: 'mtr_1',
      createdAt: new Date('2026-11-01T10:00:00.000Z'),
    });
  });

  it.each([
    { what: 'no JSON', body: Buffer.from('ping') },
    { what: 'nothing', body: Buffer.alloc(0) },
    { what: 'an array', body: Buffer.from('[]') },
    { what: 'no id', body: Buffer.from('{"type":"x"}') },
    { what: 'no text', body: Buffer.from([0xff, 0xfe, 0x00]) },
  ])('keeps a body that is $what under its hash', ({ body }) => {
    const envelope = readStripeEnvelope(body, NOW, true);

    expect(envelope).toMatchObject({ type: UNREADABLE_EVENT_TYPE, livemode: true, createdAt: NOW });
    expect(envelope.stripeEventId).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('makes columns of any JSON without NUL, half surrogates or endless text', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: false }), fc.string({ unit: 'binary' }), (anything, text) => {
        const body = Buffer.from(JSON.stringify({ id: `evt${text}`, type: text, created: anything, account: text, data: anything }));

        const envelope = readStripeEnvelope(body, NOW, true);

        for (const column of [envelope.stripeEventId, envelope.type, envelope.account]) {
          expect(column.isWellFormed() && !column.includes('\0') && column.length <= 255).toBe(true);
        }
        expect(Number.isNaN(envelope.createdAt.getTime())).toBe(false);
      }),
    );
  });
});

describe('parseStripeEvent', () => {
  it('reads past a byte order mark', () => {
    expect(parseStripeEvent(Buffer.from('\ufeff{"id":"evt_1"}'))).toEqual({ id: 'evt_1' });
  });
});
