import { currencyCode } from '#kernel';
import { changeEvidence, evidenceLength, fitText, isSamePayer, payerElements } from './dispute-evidence.js';
import { assembleEvidence, type EarlierPayment, type EvidenceFacts } from './evidence-assembly.js';

const DEVICE = 'dev_01jd8y3v5kq2e9c7x4m6n0r1st';
const elements = (fields: Partial<Parameters<typeof payerElements>[0]> = {}) =>
  payerElements({ email: null, deviceId: null, deviceFingerprint: null, ip: null, ...fields });
const KNOWN = elements({ email: 'a@example.com', deviceId: DEVICE, ip: '192.0.2.1' });

function anEarlier(fields: Partial<EarlierPayment> = {}): EarlierPayment {
  return {
    paymentId: 'pay_earlier',
    stripeChargeId: 'ch_earlier',
    createdAt: new Date('2026-05-01T10:00:00Z'),
    printedAmount: 'USD 20.00',
    description: null,
    same: ['device', 'card'],
    isDoubted: false,
    isOldEnough: true,
    elements: KNOWN,
    ...fields,
  };
}

function facts(fields: Partial<EvidenceFacts> = {}): EvidenceFacts {
  return {
    reason: 'fraudulent',
    enhancedEligibility: [],
    payment: {
      id: 'pay_disputed',
      currency: currencyCode('usd'),
      printedAmount: 'USD 20.00',
      description: 'Two tickets',
      createdAt: new Date('2026-11-01T10:00:00Z'),
      method: 'nfc',
    },
    merchantName: 'Café',
    elements: KNOWN,
    device: { id: DEVICE, type: 'smartphone', name: null, registeredAt: new Date('2026-01-01T00:00:00Z') },
    assessment: { score: 12, level: 'low', decision: 'allow', explanations: ['velocity: 1 attempt'] },
    isApproved: false,
    charge: {
      threeDSecure: { result: 'authenticated', version: '2.2.0' },
      card: { brand: 'visa', last4: '4242', country: 'US', funding: 'credit' },
      checks: { securityCode: 'pass', postalCode: null },
      riskLevel: 'normal',
    },
    receiptLines: ['Café', 'Total USD 20.00'],
    refunds: [],
    earlier: [],
    ...fields,
  };
}

describe(assembleEvidence.name, () => {
  it('tells who paid, how, with what history and how it was authenticated', () => {
    const { fields } = assembleEvidence(facts({ earlier: [anEarlier()] }));

    expect(fields).toMatchObject({
      productDescription: 'Two tickets',
      customerEmailAddress: 'a@example.com',
      customerPurchaseIp: '192.0.2.1',
    });
    expect(fields.accessActivityLog?.split('\n').map((line) => line.slice(0, 10))).toEqual(['2026-01-01', '2026-05-01', '2026-11-01']);
    expect(fields.uncategorizedText).toContain('3-D Secure: authenticated, version 2.2.0');
    expect(fields.uncategorizedText).toContain('Score 12 of 100 (low), decision: allow');
  });

  it('says so when the processor could not be asked and nothing was assessed', () => {
    const { fields } = assembleEvidence(facts({ charge: null, assessment: null }));

    expect(fields.uncategorizedText).toContain('The processor could not be asked.');
    expect(fields.uncategorizedText).toContain('The payment was not assessed.');
  });

  it('answers a missing credit with the refunds', () => {
    const refunds = [{ id: 're_1', printedAmount: 'USD 5.00', status: 'succeeded', createdAt: new Date('2026-11-03T00:00:00Z') }];

    const { fields } = assembleEvidence(facts({ reason: 'credit_not_processed', refunds }));

    expect(fields.refundRefusalExplanation).toBe('2026-11-03  USD 5.00  succeeded  re_1');
  });

  it('names the other payment of a duplicate only when there is one of that amount', () => {
    const twin = assembleEvidence(facts({ reason: 'duplicate', earlier: [anEarlier()] })).fields;
    const none = assembleEvidence(facts({ reason: 'duplicate', earlier: [anEarlier({ printedAmount: 'USD 19.00' })] })).fields;

    expect(twin.duplicateChargeId).toBe('ch_earlier');
    expect(none).not.toHaveProperty('duplicateChargeId');
  });

  it('stays within the limits of each field whatever the history', () => {
    const earlier = Array.from({ length: 200 }, (_, index) =>
      anEarlier({ paymentId: `pay_${String(index)}`, description: 'x'.repeat(500) }),
    );

    const { fields } = assembleEvidence(facts({ earlier, receiptLines: Array.from({ length: 2_000 }, () => 'a line of a long receipt') }));

    expect(fields.uncategorizedText?.length).toBeLessThanOrEqual(20_000);
    expect(fields.uncategorizedText?.endsWith('(shortened)')).toBe(true);
  });

  const VISA = ['visa_compelling_evidence_3'];
  it.each([
    ['two that count', VISA, [anEarlier(), anEarlier({ paymentId: 'pay_2' })], true],
    ['one that counts', VISA, [anEarlier()], false],
    ['another network', [], [anEarlier(), anEarlier({ paymentId: 'pay_2' })], false],
    ['one that was doubted', VISA, [anEarlier(), anEarlier({ isDoubted: true })], false],
    ['one that is too young or too old', VISA, [anEarlier(), anEarlier({ isOldEnough: false })], false],
    ['one of another card', VISA, [anEarlier(), anEarlier({ same: ['device'] })], false],
    ['one without a charge', VISA, [anEarlier(), anEarlier({ stripeChargeId: null })], false],
  ])('with %s proves the payer by earlier payments: %#', (_title, enhancedEligibility, earlier, isProven) => {
    const { compelling } = assembleEvidence(facts({ enhancedEligibility, earlier }));

    expect(compelling !== null).toBe(isProven);
  });
});

describe(isSamePayer.name, () => {
  it.each([
    ['device and e-mail', { deviceId: DEVICE, email: 'a@example.com' }, true],
    ['address and e-mail', { ip: '192.0.2.1', email: 'a@example.com' }, true],
    ['device and address', { deviceId: DEVICE, ip: '192.0.2.1' }, true],
    ['the device alone', { deviceId: DEVICE }, false],
    ['e-mail alone', { email: 'a@example.com' }, false],
    ['nothing', {}, false],
  ])('by %s', (_title, shared, isSame) => {
    expect(isSamePayer(KNOWN, elements(shared))).toBe(isSame);
  });

  it('names no device whose id or fingerprint is shorter than Visa asks', () => {
    expect(elements({ deviceId: 'dev_short', deviceFingerprint: 'nineteen-characters' })).toMatchObject({
      customerDeviceId: null,
      customerDeviceFingerprint: null,
    });
  });
});

describe('a draft', () => {
  it('keeps what is absent, replaces what is given and loses what is null', () => {
    const before = { fields: { customerName: 'A', serviceDate: 'May' }, compelling: null };

    const after = changeEvidence(before, { serviceDate: null, shippingCarrier: 'Post' }, undefined);

    expect(after.fields).toEqual({ customerName: 'A', shippingCarrier: 'Post' });
    expect(evidenceLength(after)).toBe(5);
  });

  it.each([19_999, 20_000, 20_001])('of %i characters fits its field', (length) => {
    const text = fitText('uncategorizedText', 'x'.repeat(length));

    expect(text.length).toBe(Math.min(length, 20_000));
    expect(text.endsWith('(shortened)')).toBe(length > 20_000);
  });
});
