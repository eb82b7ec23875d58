import { IsBoolean } from 'class-validator';
import { Env } from './env.js';

/** Stripe's events and our own to merchants. */
export class WebhooksConfig {
  /** Whether the api also processes what it stores, within milliseconds; with false it only stores, and the workers find it every second. */
  @Env('WEBHOOK_PROCESS_IN_API')
  @IsBoolean()
  processInApi: boolean = true;
}
