import { type SavedMethodStatus } from '../domain/saved-method-status.js';
import { type GatewayDecline } from '../payment-gateway.js';

/** A payment method that a customer lets a merchant keep, as its row holds it. */
export interface SavedMethod {
  /** `spm_…` */
  readonly id: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly customerId: string;
  readonly status: SavedMethodStatus;
  /** What the customer agreed to: payments in their presence only, or also without them. */
  readonly usage: 'on_session' | 'off_session';
  /** As the client named it. */
  readonly requestedMethod: string;
  readonly isDefaultWanted: boolean;
  readonly returnUrl: string | null;
  readonly stripeSetupIntentId: string | null;
  readonly stripeCustomerId: string | null;
  readonly stripePaymentMethodId: string | null;
  readonly type: string | null;
  readonly brand: string | null;
  readonly last4: string | null;
  readonly expMonth: number | null;
  readonly expYear: number | null;
  readonly funding: string | null;
  readonly country: string | null;
  readonly fingerprint: string | null;
  readonly nextAction: Readonly<Record<string, unknown>> | null;
  readonly lastError: GatewayDecline | null;
  readonly tryNumber: number;
  readonly version: number;
  readonly checkCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Whether it is the customer's default. */
  readonly isDefault: boolean;
}

/** What a change of a saved method may set. */
export type SavedMethodChange = Partial<
  Pick<
    SavedMethod,
    | 'status'
    | 'stripeSetupIntentId'
    | 'stripeCustomerId'
    | 'stripePaymentMethodId'
    | 'type'
    | 'brand'
    | 'last4'
    | 'expMonth'
    | 'expYear'
    | 'funding'
    | 'country'
    | 'fingerprint'
    | 'nextAction'
    | 'lastError'
    | 'tryNumber'
  >
>;
