import { IsInt, Max, Min } from 'class-validator';
import { Env } from './env.js';

/** How long the fraud rules may look. */
export class FraudConfig {
  /**
   * Milliseconds for an assessment, waiting for a payer's own other attempts aside. A third is for what attempts are compared with, two thirds for
   * reading at all; then the attempt is only counted, and the failure policy of its profile decides about what is unknown.
   */
  @Env('FRAUD_BUDGET_MS')
  @IsInt()
  @Min(30)
  @Max(60_000)
  budgetMs: number = 150;
}
