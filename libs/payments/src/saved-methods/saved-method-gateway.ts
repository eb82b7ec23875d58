/** The second port of this product: what it asks of a processor about customers and the payment methods that they let it keep. */
import { type GatewaySetupStatus } from '../domain/saved-method-status.js';
import { type GatewayAnswer, type GatewayDecline } from '../payment-gateway.js';

/** A payment method as the processor keeps it; never a number. */
export interface GatewayMethod {
  readonly gatewayId: string;
  /** Whose it is; null once it is detached. */
  readonly customerGatewayId: string | null;
  /** `card`, … */
  readonly type: string;
  /** Null for what is no card. */
  readonly card: {
    readonly brand: string;
    readonly last4: string;
    readonly expMonth: number;
    readonly expYear: number;
    readonly funding: string;
    /** Upper-case ISO 3166. */
    readonly country: string | null;
    /** The processor's name of the card, the same for every method made of it. */
    readonly fingerprint: string | null;
  } | null;
}

/** A setup intent as the processor has it at one moment. */
export interface GatewaySetup {
  readonly gatewayId: string;
  readonly status: GatewaySetupStatus;
  /** In full where the answer carries it. */
  readonly method: GatewayMethod | null;
  readonly nextAction: Readonly<Record<string, unknown>> | null;
  readonly lastError: GatewayDecline | null;
  readonly livemode: boolean;
  /** Our own id, as sent when it was made; null for one that somebody made elsewhere. */
  readonly savedMethodId: string | null;
}

/** What a webhook says of saved methods, in our words; setups and methods as they were fetched for it. */
export type SavedMethodEvent =
  | { readonly kind: 'setup'; readonly object: GatewaySetup }
  | { readonly kind: 'method'; readonly object: GatewayMethod }
  /** Somebody deleted the customer at the processor, and with it all that belonged to it. */
  | { readonly kind: 'customer_deleted'; readonly object: { readonly gatewayId: string } };

/** What a setup is made from. */
export interface GatewaySetupRequest {
  readonly savedMethodId: string;
  readonly merchantId: string;
  readonly customerGatewayId: string;
  readonly method: string;
  readonly usage: 'on_session' | 'off_session';
}

/** Keeps payment methods. As at the other port no call throws for what the processor says. */
export abstract class SavedMethodGateway {
  /** Makes a customer that methods can belong to; it knows our id and nothing that names a person. @returns The processor's id. */
  abstract createCustomer(
    customer: { readonly id: string; readonly merchantId: string },
    idempotencyKey: string,
  ): Promise<GatewayAnswer<string>>;

  /** Makes a setup without asking the issuer. */
  abstract createSetup(request: GatewaySetupRequest, idempotencyKey: string): Promise<GatewayAnswer<GatewaySetup>>;

  /** Asks the issuer; a method that is accepted belongs to the customer. */
  abstract confirmSetup(
    gatewayId: string,
    options: { readonly returnUrl: string | null },
    idempotencyKey: string,
  ): Promise<GatewayAnswer<GatewaySetup>>;

  /** Gives a setup up. `failed` when it has ended already. */
  abstract cancelSetup(gatewayId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewaySetup>>;

  /** The setup as it is now. */
  abstract retrieveSetup(gatewayId: string): Promise<GatewayAnswer<GatewaySetup>>;

  /** The method as it is now. */
  abstract retrieveMethod(gatewayId: string): Promise<GatewayAnswer<GatewayMethod>>;

  /** Takes a method from its customer, for ever. `failed` when it belongs to nobody. */
  abstract detachMethod(gatewayId: string, idempotencyKey: string): Promise<GatewayAnswer<GatewayMethod>>;
}
