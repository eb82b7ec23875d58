import { IsArray, IsInt, Matches, Max, Min } from 'class-validator';
import { Env } from './env.js';

/** How long unfinished payments wait before somebody else takes them on, and what is done about warnings of fraud. */
export class PaymentsConfig {
  /** Seconds that a running request keeps others away from its payment: longer than all it may ask of Stripe, shorter than 60. */
  @Env('PAYMENT_REQUEST_LEASE_SECONDS')
  @IsInt()
  @Min(1)
  @Max(59)
  requestLeaseSeconds: number = 30;

  /** Seconds that one look of the completer keeps other completers away. */
  @Env('PAYMENT_COMPLETER_LEASE_SECONDS')
  @IsInt()
  @Min(1)
  @Max(300)
  completerLeaseSeconds: number = 45;

  /**
   * Minutes that a payer has for a 3-D Secure challenge at most, whatever a merchant's profile allows; then the payment is canceled at Stripe and
   * its limits are free again. Open challenges are looked at every five minutes.
   */
  @Env('CHALLENGE_MAX_MINUTES')
  @IsInt()
  @Min(1)
  @Max(10_080)
  challengeMaxMinutes: number = 10_080;

  /**
   * Payments that are refunded at once when their issuer warns of fraud: up to so many minor units of each currency, such as usd:1500,eur:1500.
   * A dispute would cost the amount and a fee. Empty refunds none.
   */
  @Env('FRAUD_WARNING_REFUND_UP_TO')
  @IsArray()
  @Matches(/^[a-z]{3}:\d{1,8}$/, { each: true })
  fraudWarningRefundUpTo: string[] = [];

  /** Minor units of the currency; null when its payments are not refunded on a warning. */
  fraudWarningRefundUpToMinor(currency: string): number | null {
    const entry = this.fraudWarningRefundUpTo.find((each) => each.startsWith(`${currency}:`));
    return entry === undefined ? null : Number(entry.slice(currency.length + 1));
  }
}
