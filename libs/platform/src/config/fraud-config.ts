import { IsArray, IsBoolean, IsInt, Matches, Max, Min } from 'class-validator';
import { Env } from './env.js';

/** An amount in minor units of a currency: `usd:5000`. */
const AMOUNT = /^[a-z]{3}:\d{1,10}$/;
/** Where no amount of a currency is set. */
const FOUR_EYES_ABOVE_MINOR = 100_000;

/** How long the fraud rules may look, and what people look at. */
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

  /**
   * Percent of the payments that points would block and that a person looks at instead, so that it is known how right blocks are. Lists block
   * whatever this says. 0 looks at none.
   */
  @Env('FRAUD_EXPLORE_PERCENT')
  @IsInt()
  @Min(0)
  @Max(20)
  explorePercent: number = 0;

  /** Up to so many minor units of each currency, such as usd:5000,eur:5000. A currency without an amount is left out. */
  @Env('FRAUD_EXPLORE_UP_TO')
  @IsArray()
  @Matches(AMOUNT, { each: true })
  exploreUpTo: string[] = [];

  /** Reviews of more than so many minor units need two people to approve, such as usd:100000,jpy:1500000. A currency without an amount: 100000. */
  @Env('FRAUD_FOUR_EYES_ABOVE')
  @IsArray()
  @Matches(AMOUNT, { each: true })
  fourEyesAbove: string[] = [];

  /** Whether a card is blocked by itself, 1 h, then 24 h, then 7 d, when a payment with it was blocked by points or turned out to be a fraud. */
  @Env('FRAUD_BLOCK_CARDS')
  @IsBoolean()
  blocksCards: boolean = true;

  /** Minor units of the currency; null when none of its payments is looked at instead of blocked. */
  exploreUpToMinor(currency: string): number | null {
    return amountIn(this.exploreUpTo, currency);
  }

  /** Minor units of the currency above which two people must approve. */
  fourEyesAboveMinor(currency: string): number {
    return amountIn(this.fourEyesAbove, currency) ?? FOUR_EYES_ABOVE_MINOR;
  }
}

function amountIn(amounts: readonly string[], currency: string): number | null {
  const entry = amounts.find((each) => each.startsWith(`${currency}:`));
  return entry === undefined ? null : Number(entry.slice(currency.length + 1));
}
