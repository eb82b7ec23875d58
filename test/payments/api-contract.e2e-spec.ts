import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ApiError, PaymentsClient } from '../../clients/typescript/src/index.js';
import { type ApiDocument, breakingChanges } from '../../scripts/openapi-changes.js';
import { clientTypes } from '../../scripts/openapi-client.js';
import { TestSystem } from '../support/test-system.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const released = JSON.parse(readFileSync(path.join(ROOT, 'docs/openapi.json'), 'utf8')) as ApiDocument;

let system: TestSystem;
let client: PaymentsClient;

beforeAll(async () => {
  system = await TestSystem.start();
  client = new PaymentsClient({ baseUrl: system.url, credential: system.apiKey });
});
afterAll(() => system.stop());

describe('the contract', () => {
  it('breaks no client of the last released document', async () => {
    const { body } = await system.call('GET', '/openapi.json');

    // A release that breaks clients on purpose takes the new document with `npm run openapi:update`.
    expect(breakingChanges(released, body as ApiDocument)).toEqual([]);
  });

  it('is what the types of the client are made from', () => {
    expect(readFileSync(path.join(ROOT, 'clients/typescript/src/schema.d.ts'), 'utf8')).toBe(clientTypes(released));
  });
});

describe(breakingChanges, () => {
  const changed = (change: (document: ApiDocument) => void): string[] => {
    const after = structuredClone(released);
    change(after);
    return breakingChanges(released, after);
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the test breaks what the types protect
  const schema = (document: ApiDocument, name: string): any => document.components?.schemas?.[name];

  it.each<[string, (document: ApiDocument) => void, string]>([
    [
      'a route that is gone',
      (document) => delete (document.paths as Record<string, unknown>)['/api/payments'],
      'POST /api/payments is gone',
    ],
    ['a field that a request needs', (document) => schema(document, 'CreatePaymentDto').required.push('taxAmount'), 'requires taxAmount'],
    [
      'a word that a request may not use',
      (document) => schema(document, 'CreatePaymentDto').properties.method.enum.pop(),
      'no longer takes voice',
    ],
    ['a field that an answer lacks', (document) => delete schema(document, 'PaymentResponse').properties.amount, '.amount is gone'],
    [
      'another type of an answer',
      (document) => (schema(document, 'PaymentResponse').properties.amount.type = 'string'),
      '.amount was number, is string',
    ],
  ])('finds %s', (_, change, words) => {
    expect(changed(change).join('\n')).toContain(words);
  });

  it('lets an answer say more and a request take more', () => {
    const changes = changed((document) => {
      schema(document, 'PaymentResponse').properties.mood = { type: 'string' };
      schema(document, 'CreatePaymentDto').properties.mood = { type: 'string' };
      schema(document, 'CreatePaymentDto').properties.method.enum.push('telepathy');
    });

    expect(changes).toEqual([]);
  });
});

describe(PaymentsClient, () => {
  it('pays, reads with what the payment names, and refunds', async () => {
    const device = await client.call('POST /api/devices', {
      body: { type: 'kiosk', fingerprint: 'fingerprint-of-a-client', capabilities: ['display'] },
    });

    const paid = await client.call('POST /api/payments', {
      idempotencyKey: 'client-1',
      body: { amount: 1_000, currency: 'usd', deviceId: device.id, paymentMethod: 'pm_card_visa', customerEmail: 'ada@example.com' },
    });
    const refund = await client.call('POST /api/payments/{id}/refunds', {
      idempotencyKey: 'client-2',
      path: { id: paid.id },
      body: { amount: 400 },
    });
    const seen = await client.call('GET /api/payments/{id}', {
      path: { id: paid.id },
      query: { 'expand[]': ['customer', 'device', 'refunds'] },
    });

    expect(paid.status).toBe('succeeded');
    expect(seen).toMatchObject({
      amountRefunded: 400,
      customer: { object: 'customer', id: paid.customerId },
      device: { id: device.id, type: 'kiosk' },
      refunds: { data: [{ id: refund.id }] },
    });
    const limits = await client.call('GET /api/limits/{subject}', { path: { subject: device.id } });
    expect(limits.data).toMatchObject([{ name: 'device_payment_count', used: 1 }]);
  });

  it('bounds what can be expanded, and gives refusals their problem', async () => {
    const page = await client.call('GET /api/payments', { query: { limit: 1 } });
    const id = page.data[0]?.id ?? '';

    const deep = client.call('GET /api/payments/{id}', { path: { id }, query: { 'expand[]': ['refunds.payment' as 'refunds'] } });

    await expect(deep).rejects.toThrow(ApiError);
    await expect(deep).rejects.toMatchObject({ status: 400, problem: { code: 'parameter_invalid', param: 'expand[]', advice: 'fix' } });
  });
});
