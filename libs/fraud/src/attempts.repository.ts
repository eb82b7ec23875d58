import { Injectable } from '@nestjs/common';
import { Clock, MINUTE_MS } from '#kernel';
import { AppConfig, type Queryable } from '#platform';
import { type ListKey, ListKeys } from './blacklist/list-keys.js';
import { type EntryMode, type ListName } from './blacklist/list-value.js';
import { type AmountHistory, type LocationFeatures } from './domain/features.js';
import { type FraudAttempt } from './fraud-attempt.js';
import { type DeviceLabels, type PastAttempts } from './past-attempts.js';
import { isCutOff } from './read-within.js';

/** What the database knows of an attempt's past; null for what could not be read in time. */
export interface FraudEvidence {
  /** RFC 3339, stamped after the locks. */
  readonly attemptedAt: string;
  readonly past: PastAttempts | null;
  /** At most a minute old. */
  readonly businessType: AmountHistory | null;
  readonly lastPlace: LocationFeatures['last'];
  readonly labels: DeviceLabels | null;
  readonly lists: readonly { readonly entryId: string; readonly kind: string; readonly list: ListName; readonly mode: EntryMode }[] | null;
}

/** What the database's function answers. */
interface Answer extends Omit<FraudEvidence, 'past'> {
  readonly isCounted: boolean;
  readonly counts: PastAttempts['counts'] | null;
  readonly customer: PastAttempts['customer'] | null;
}

/** One call of the database's function. */
interface Call {
  readonly keys: readonly ListKey[];
  readonly reads: boolean;
  /** Milliseconds after which the business's average, the last place and labels are left out. */
  readonly comparingMs: number;
  readonly readsTypeAverage: boolean;
}

// The average of a thousand attempts hardly moves in a minute, and reading it costs as much as everything else.
const TYPE_AVERAGE_MS = MINUTE_MS;
const TYPE_AVERAGES = 10_000;

/** SQL of `fraud_attempts`: every attempt is counted, and judged by those before it. */
@Injectable()
export class AttemptsRepository {
  private readonly typeAverages = new Map<string, { readonly history: AmountHistory; readonly readAtMs: number }>();

  constructor(
    private readonly listKeys: ListKeys,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /**
   * Counts the attempt and reads everything that was before it: one round trip once the locks are held, exact under bursts.
   *
   * Device and card stay locked until the caller's transaction ends. Waiting for them is not part of the budget: behind one's own burst the
   * database is busy, not slow.
   *
   * @param startedMs - When the assessment began, of the monotonic clock.
   */
  async record(transaction: Queryable, attempt: FraudAttempt, startedMs: number): Promise<FraudEvidence> {
    const { budgetMs } = this.config.fraud;
    const third = Math.max(budgetMs / 3, budgetMs - (this.clock.monotonicMs() - startedMs)) / 3;
    await this.lockSubjects(transaction, attempt, 2 * third);
    const known = this.typeAverageOf(attempt);
    const call = { keys: this.listKeys.keysOf(attempt), reads: true, comparingMs: third, readsTypeAverage: known === null };
    const read = await this.call(transaction, attempt, call);
    const isCounted = read.isCounted || (await this.countOnly(transaction, attempt, call, third));
    if (read.businessType !== null) this.keepTypeAverage(attempt, read.businessType);
    const { attemptedAt, lists, counts, customer, lastPlace, labels } = read;
    // Uncounted, it is unknown to those behind it, and may itself be one of too many.
    const past = isCounted && counts !== null && customer !== null ? { counts, customer } : null;
    return { attemptedAt, lists, past, businessType: known ?? read.businessType, lastPlace, labels };
  }

  /** In one order for everybody, or two attempts that cross would wait for each other. Sets the time for the statement that follows. */
  private async lockSubjects(transaction: Queryable, { merchantId, device, card }: FraudAttempt, budgetMs: number): Promise<void> {
    await transaction.execute(
      // Never the address: behind one, a whole building would queue. Without a card the device's lock is taken twice.
      `select pg_advisory_xact_lock(least(device, card)), pg_advisory_xact_lock(greatest(device, card)), set_config('statement_timeout', $4, true)
       from (select hashtextextended('device:' || $2, 0) as device, hashtextextended('card:' || $1 || ':' || $3, 0) as card) as names`,
      [merchantId, device.id, card, timeout(budgetMs)],
    );
  }

  private async countOnly(transaction: Queryable, attempt: FraudAttempt, call: Call, budgetMs: number): Promise<boolean> {
    await transaction.query(`select set_config('statement_timeout', $1, true)`, [timeout(budgetMs)]);
    return (await this.call(transaction, attempt, { ...call, reads: false })).isCounted;
  }

  private async call(transaction: Queryable, attempt: FraudAttempt, { keys, reads, comparingMs, readsTypeAverage }: Call): Promise<Answer> {
    const rows = await transaction
      .query<{ evidence: Answer }>(
        `select fraud_record_attempt($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) as evidence`,
        [
          attempt.merchantId,
          attempt.livemode,
          attempt.paymentId,
          attempt.businessType,
          attempt.amount.amountMinor,
          attempt.amount.currency,
          attempt.device.id,
          attempt.card,
          attempt.customerId,
          attempt.ip,
          attempt.location?.latitude ?? null,
          attempt.location?.longitude ?? null,
          keys.map((key) => key.kind),
          keys.map((key) => key.value),
          reads,
          Math.round(comparingMs),
          readsTypeAverage,
        ],
      )
      .catch((error: unknown) => {
        throw isCutOff(error) ? new AttemptInterruptedError(error) : error;
      });
    const [row] = rows;
    if (row === undefined) throw new Error('a function returned no row');
    return row.evidence;
  }

  private typeAverageOf(attempt: FraudAttempt): AmountHistory | null {
    const known = this.typeAverages.get(typeOf(attempt));
    return known !== undefined && this.clock.monotonicMs() - known.readAtMs < TYPE_AVERAGE_MS ? known.history : null;
  }

  private keepTypeAverage(attempt: FraudAttempt, history: AmountHistory): void {
    if (this.typeAverages.size >= TYPE_AVERAGES) this.typeAverages.clear();
    this.typeAverages.set(typeOf(attempt), { history, readAtMs: this.clock.monotonicMs() });
  }
}

/** The function ran into its time before or after it could catch that. The transaction is lost, and `Database` runs it again as after a deadlock. */
class AttemptInterruptedError extends Error {
  override readonly name = 'AttemptInterruptedError';
  readonly code = '40001';

  constructor(cause: unknown) {
    super('the attempt was interrupted', { cause });
  }
}

function timeout(ms: number): string {
  return String(Math.max(1, Math.round(ms)));
}

function typeOf({ merchantId, businessType, amount }: FraudAttempt): string {
  return `${merchantId}:${businessType}:${amount.currency}`;
}
