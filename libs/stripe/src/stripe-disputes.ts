/** Evidence of disputes in Stripe's words, and what its charge tells of the payer. */
import type Stripe from 'stripe';
import { type ChargeFacts, type CompellingEvidence, type DisputeEvidence, type EvidenceField, type PayerElements } from '#payments';

/** Our fields by Stripe's. */
const STRIPE_FIELDS = {
  accessActivityLog: 'access_activity_log',
  billingAddress: 'billing_address',
  cancellationPolicy: 'cancellation_policy',
  cancellationPolicyDisclosure: 'cancellation_policy_disclosure',
  cancellationRebuttal: 'cancellation_rebuttal',
  customerCommunication: 'customer_communication',
  customerEmailAddress: 'customer_email_address',
  customerName: 'customer_name',
  customerPurchaseIp: 'customer_purchase_ip',
  customerSignature: 'customer_signature',
  duplicateChargeDocumentation: 'duplicate_charge_documentation',
  duplicateChargeExplanation: 'duplicate_charge_explanation',
  duplicateChargeId: 'duplicate_charge_id',
  productDescription: 'product_description',
  receipt: 'receipt',
  refundPolicy: 'refund_policy',
  refundPolicyDisclosure: 'refund_policy_disclosure',
  refundRefusalExplanation: 'refund_refusal_explanation',
  serviceDate: 'service_date',
  serviceDocumentation: 'service_documentation',
  shippingAddress: 'shipping_address',
  shippingCarrier: 'shipping_carrier',
  shippingDate: 'shipping_date',
  shippingDocumentation: 'shipping_documentation',
  shippingTrackingNumber: 'shipping_tracking_number',
  uncategorizedFile: 'uncategorized_file',
  uncategorizedText: 'uncategorized_text',
} as const satisfies Record<EvidenceField, keyof Stripe.DisputeUpdateParams.Evidence>;

/** A draft as Stripe takes it. */
export function stripeEvidenceOf({ fields, compelling }: DisputeEvidence): Stripe.DisputeUpdateParams.Evidence {
  const evidence: Stripe.DisputeUpdateParams.Evidence = {};
  for (const [field, text] of Object.entries(fields)) evidence[STRIPE_FIELDS[field as EvidenceField]] = text;
  if (compelling !== null) evidence.enhanced_evidence = { visa_compelling_evidence_3: compellingOf(compelling) };
  return evidence;
}

/** What Stripe knows of the charge. */
export function chargeFactsOf(dispute: Stripe.Dispute): ChargeFacts {
  const charge = typeof dispute.charge === 'string' ? null : dispute.charge;
  const card = charge?.payment_method_details?.card;
  const result = card?.three_d_secure?.result ?? null;
  const { brand = null, last4 = null } = card ?? {};
  return {
    threeDSecure: result === null ? null : { result, version: card?.three_d_secure?.version ?? null },
    card: brand === null || last4 === null ? null : { brand, last4, country: card?.country ?? null, funding: card?.funding ?? null },
    checks: { securityCode: card?.checks?.cvc_check ?? null, postalCode: card?.checks?.address_postal_code_check ?? null },
    riskLevel: charge?.outcome?.risk_level ?? null,
  };
}

function compellingOf({
  merchandiseOrServices,
  productDescription,
  disputed,
  prior,
}: CompellingEvidence): Stripe.DisputeUpdateParams.Evidence.EnhancedEvidence.VisaCompellingEvidence3 {
  return {
    disputed_transaction: {
      merchandise_or_services: merchandiseOrServices,
      product_description: productDescription,
      ...elementsOf(disputed),
    },
    prior_undisputed_transactions: prior.map((payment) => ({
      charge: payment.stripeChargeId,
      product_description: payment.productDescription,
      ...elementsOf(payment),
    })),
  };
}

function elementsOf(elements: PayerElements): Record<string, string> {
  const named = {
    customer_email_address: elements.customerEmailAddress,
    customer_device_id: elements.customerDeviceId,
    customer_device_fingerprint: elements.customerDeviceFingerprint,
    customer_purchase_ip: elements.customerPurchaseIp,
  };
  return Object.fromEntries(Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== null));
}
