import { IsInt, Max, Min } from 'class-validator';
import { Env } from './env.js';

/** How long unfinished payments wait before somebody else takes them on. */
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
}
