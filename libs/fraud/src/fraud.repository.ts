import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { type Queryable } from '#platform';
import { type FraudAttempt } from './fraud-attempt.js';
import { COUNT_CAP, type FraudFeatures, type HistoryFeatures, type ListHit, type Place, type SubjectHistory } from './domain/features.js';
import { type RiskAssessment } from './domain/risk-score.js';

/** What the database knows of an attempt's past. */
export interface FraudEvidence {
  readonly attemptedAt: Date;
  readonly history: HistoryFeatures;
  readonly lastPlace: (Place & { readonly seenAt: string }) | null;
  readonly blocked: readonly ListHit[];
}

/** SQL of `fraud_attempts` and `fraud_assessments`. */
@Injectable()
export class FraudRepository {
  /** Records the attempt and reads everything that was before it, in the caller's transaction. */
  async recordAttempt(transaction: Queryable, attempt: FraudAttempt): Promise<FraudEvidence> {
    // Sorted, so that two attempts with the same device and card cannot wait for each other; never the address, behind which many pay.
    const locks = [`device:${attempt.device.id}`, ...(attempt.card === null ? [] : [`card:${attempt.merchantId}:${attempt.card}`])].sort();
    for (const lock of locks) await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [lock]);
    const [row] = await transaction.query<{ attempted_at: Date; sequence: number }>(
      `insert into fraud_attempts (merchant_id, livemode, payment_id, business_type, amount_minor, currency, device_id, card, customer_id, ip, latitude, longitude)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning sequence, attempted_at`,
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
      ],
    );
    const { attempted_at: attemptedAt, sequence } = row ?? { attempted_at: new Date(0), sequence: 0 };
    const before = (column: string, value: string | null) =>
      this.subjectHistory(transaction, attempt, { column, value, sequence, attemptedAt });
    const [type] = await transaction.query<{ count: number; sum: number }>(
      `select count(*) as count, coalesce(sum(amount_minor), 0)::bigint as sum from fraud_attempts
       where merchant_id = $1 and business_type = $2 and currency = $3 and attempted_at > $4::timestamptz - interval '30 days' and sequence < $5`,
      [attempt.merchantId, attempt.businessType, attempt.amount.currency, attemptedAt, sequence],
    );
    const [place] = await transaction.query<{ latitude: number; longitude: number; attempted_at: Date }>(
      `select latitude, longitude, attempted_at from fraud_attempts
       where device_id = $1 and sequence < $2 and latitude is not null order by attempted_at desc limit 1`,
      [attempt.device.id, sequence],
    );
    return {
      attemptedAt,
      history: {
        subjects: {
          device: await before('device_id', attempt.device.id),
          card: await before('card', attempt.card),
          customer: await before('customer_id', attempt.customerId),
          ip: await before('ip', attempt.ip),
        },
        businessType: { count: type?.count ?? 0, sumMinor: type?.sum ?? 0 },
        customerHours: null,
        deviceFrauds: null,
      },
      lastPlace: place ? { latitude: place.latitude, longitude: place.longitude, seenAt: place.attempted_at.toISOString() } : null,
      blocked: await this.blockEntries(transaction, attempt),
    };
  }

  /** Stores an assessment for ever. @returns Its id. */
  async insertAssessment(
    transaction: Queryable,
    attempt: FraudAttempt,
    assessment: RiskAssessment,
    features: FraudFeatures,
  ): Promise<string> {
    const id = newId('assessment', new Date(features.attempt.occurredAt).getTime());
    await transaction.query(
      `insert into fraud_assessments (id, payment_id, merchant_id, livemode, device_id, customer_id, amount_minor, currency, business_type,
         score, level, decision, contributions, features, engine_version)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        id,
        attempt.paymentId,
        attempt.merchantId,
        attempt.livemode,
        attempt.device.id,
        attempt.customerId,
        attempt.amount.amountMinor,
        attempt.amount.currency,
        attempt.businessType,
        assessment.score,
        assessment.level,
        assessment.decision,
        JSON.stringify({ findings: assessment.findings, adjustments: assessment.adjustments }),
        JSON.stringify(features),
        `${assessment.engineVersion}/${assessment.ruleSetVersion}`,
      ],
    );
    return id;
  }

  private async subjectHistory(
    transaction: Queryable,
    attempt: FraudAttempt,
    subject: { column: string; value: string | null; sequence: number; attemptedAt: Date },
  ): Promise<SubjectHistory | null> {
    if (subject.value === null) return null;
    const [row] = await transaction.query<{
      m5: number;
      h1: number;
      h24: number;
      d7: number;
      d30: number;
      sum24: number;
      count30: number;
      sum30: number;
    }>(
      `select count(*) filter (where attempted_at > $4::timestamptz - interval '5 minutes') as m5,
              count(*) filter (where attempted_at > $4::timestamptz - interval '1 hour') as h1,
              count(*) filter (where attempted_at > $4::timestamptz - interval '24 hours') as h24,
              count(*) filter (where attempted_at > $4::timestamptz - interval '7 days') as d7,
              count(*) as d30,
              coalesce(sum(amount_minor) filter (where currency = $5 and attempted_at > $4::timestamptz - interval '24 hours'), 0)::bigint as sum24,
              count(*) filter (where currency = $5) as count30,
              coalesce(sum(amount_minor) filter (where currency = $5), 0)::bigint as sum30
       from (select attempted_at, currency, amount_minor from fraud_attempts
             where merchant_id = $1 and ${subject.column} = $2 and attempted_at > $4::timestamptz - interval '30 days' and sequence < $3
             order by attempted_at desc limit ${String(COUNT_CAP)}) as recent`,
      [attempt.merchantId, subject.value, subject.sequence, subject.attemptedAt, attempt.amount.currency],
    );
    return {
      attempts5Minutes: row?.m5 ?? 0,
      attempts1Hour: row?.h1 ?? 0,
      attempts24Hours: row?.h24 ?? 0,
      attempts7Days: row?.d7 ?? 0,
      attempts30Days: row?.d30 ?? 0,
      amountMinor24Hours: row?.sum24 ?? 0,
      amounts30Days: { count: row?.count30 ?? 0, sumMinor: row?.sum30 ?? 0 },
    };
  }

  private blockEntries(transaction: Queryable, attempt: FraudAttempt): Promise<ListHit[]> {
    return transaction.query<ListHit>(
      `update blacklist set hit_count = hit_count + 1, last_hit_at = now()
       where merchant_id = $1 and removed_at is null and (expires_at is null or expires_at > now())
         and ((kind = 'device' and value = $2) or (kind = 'customer' and value = $3) or (kind = 'ip' and value = $4))
       returning id as "entryId", kind`,
      [attempt.merchantId, attempt.device.id, attempt.customerId, attempt.ip],
    );
  }
}
