/** What a dispute is answered with: fields as Stripe knows them, within its limits. */

/** Characters of each field of text. @see https://docs.stripe.com/api/disputes/update (checked 2026-11 against the SDK's types) */
export const EVIDENCE_TEXTS = {
  accessActivityLog: 20_000,
  billingAddress: 5_000,
  cancellationPolicyDisclosure: 20_000,
  cancellationRebuttal: 20_000,
  customerEmailAddress: 5_000,
  customerName: 5_000,
  customerPurchaseIp: 5_000,
  duplicateChargeExplanation: 20_000,
  duplicateChargeId: 5_000,
  productDescription: 20_000,
  refundPolicyDisclosure: 20_000,
  refundRefusalExplanation: 20_000,
  serviceDate: 5_000,
  shippingAddress: 5_000,
  shippingCarrier: 5_000,
  shippingDate: 5_000,
  shippingTrackingNumber: 5_000,
  uncategorizedText: 20_000,
} as const;

/** Fields that name a file at Stripe, `file_…`, uploaded there with the purpose `dispute_evidence`. */
export const EVIDENCE_FILES = [
  'cancellationPolicy',
  'customerCommunication',
  'customerSignature',
  'duplicateChargeDocumentation',
  'receipt',
  'refundPolicy',
  'serviceDocumentation',
  'shippingDocumentation',
  'uncategorizedFile',
] as const;

/** Characters of all fields together. */
export const EVIDENCE_TOTAL_LENGTH = 150_000;

/** One of the fields. */
export type EvidenceField = keyof typeof EVIDENCE_TEXTS | (typeof EVIDENCE_FILES)[number];

/** Every field, texts first. */
export const EVIDENCE_FIELDS: readonly EvidenceField[] = [
  ...(Object.keys(EVIDENCE_TEXTS) as (keyof typeof EVIDENCE_TEXTS)[]),
  ...EVIDENCE_FILES,
];

/** What of a payment identifies its payer. */
export interface PayerElements {
  readonly customerEmailAddress: string | null;
  /** Our id of the device, at least 15 characters as Visa asks. */
  readonly customerDeviceId: string | null;
  /** At least 20 characters, else null. */
  readonly customerDeviceFingerprint: string | null;
  /** null where the request came from the merchant's server: that address says nothing of the payer. */
  readonly customerPurchaseIp: string | null;
}

/** An earlier payment of the same payer that nobody disputed. */
export interface PriorPayment extends PayerElements {
  readonly paymentId: string;
  readonly stripeChargeId: string;
  readonly productDescription: string;
}

/** Visa's Compelling Evidence 3.0: two earlier payments by the same payer show that this one was theirs too. */
export interface CompellingEvidence {
  readonly merchandiseOrServices: 'merchandise' | 'services';
  readonly productDescription: string;
  readonly disputed: PayerElements;
  readonly prior: readonly [PriorPayment, PriorPayment];
}

/** A draft of evidence, or what was submitted. */
export interface DisputeEvidence {
  readonly fields: Readonly<Partial<Record<EvidenceField, string>>>;
  readonly compelling: CompellingEvidence | null;
}

/** Visa counts earlier payments that are between 120 and 365 days older than the dispute. */
export const PRIOR_PAYMENT_DAYS = { from: 120, to: 365 } as const;

const MIN_DEVICE_ID_LENGTH = 15;
const MIN_FINGERPRINT_LENGTH = 20;

/** The elements that may be named, by Visa's rules of length. */
export function payerElements(of: {
  readonly email: string | null;
  readonly deviceId: string | null;
  readonly deviceFingerprint: string | null;
  readonly ip: string | null;
}): PayerElements {
  const long = (text: string | null, min: number): string | null => (text !== null && text.length >= min ? text : null);
  return {
    customerEmailAddress: of.email,
    customerDeviceId: long(of.deviceId, MIN_DEVICE_ID_LENGTH),
    customerDeviceFingerprint: long(of.deviceFingerprint, MIN_FINGERPRINT_LENGTH),
    customerPurchaseIp: of.ip,
  };
}

/** Whether two payments are one payer's by Visa's rule: two elements agree, and one of them is the device or the network address. */
export function isSamePayer(one: PayerElements, other: PayerElements): boolean {
  const agrees = (name: keyof PayerElements): boolean => one[name] !== null && one[name] === other[name];
  const isDevice = agrees('customerDeviceId') || agrees('customerDeviceFingerprint');
  const isIp = agrees('customerPurchaseIp');
  return (isDevice || isIp) && [isDevice, isIp, agrees('customerEmailAddress')].filter(Boolean).length >= 2;
}

/** The evidence with the fields that were given; null removes one. */
export function changeEvidence(
  evidence: DisputeEvidence,
  fields: Readonly<Partial<Record<EvidenceField, string | null>>>,
  compelling: CompellingEvidence | null | undefined,
): DisputeEvidence {
  const changed: Partial<Record<EvidenceField, string>> = { ...evidence.fields };
  for (const field of EVIDENCE_FIELDS) {
    const value = fields[field];
    if (value === null) Reflect.deleteProperty(changed, field);
    else if (value !== undefined) changed[field] = value;
  }
  return { fields: changed, compelling: compelling === undefined ? evidence.compelling : compelling };
}

/** Characters of all fields together. */
export function evidenceLength({ fields, compelling }: DisputeEvidence): number {
  const texts = Object.values(fields).reduce((sum, text) => sum + text.length, 0);
  return texts + (compelling === null ? 0 : JSON.stringify(compelling).length);
}

/** Cuts a text at a line break so that it fits its field, and says that it was cut. */
export function fitText(field: keyof typeof EVIDENCE_TEXTS, text: string): string {
  const max = EVIDENCE_TEXTS[field];
  if (text.length <= max) return text;
  const note = '\n(shortened)';
  const cut = text.slice(0, max - note.length);
  const end = cut.lastIndexOf('\n');
  return cut.slice(0, end > 0 ? end : cut.length).toWellFormed() + note;
}
