import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '#platform';
import { firstAssessmentIdSince } from '../assessment-ids.js';
import { ENGINE_FEATURES } from './card-features.js';
import { type FraudModelDocument } from './fraud-model.js';
import { type LabelledPayment } from './model-training.js';

/** A model that acts or looks on. */
export interface StoredModel {
  readonly version: string;
  readonly mode: 'shadow' | 'live' | 'off';
  readonly document: FraudModelDocument;
}

// In [0, 1), the same for a payment for ever.
const LOT = `('x' || left(md5(assessment.payment_id), 8))::bit(32)::bigint / 4294967296.0`;

/** SQL of `fraud_models` and `fraud_model_drift`. */
@Injectable()
export class ModelsRepository {
  constructor(private readonly database: Database) {}

  /** @param queryable - The caller's transaction: a second connection could be waited for in vain. */
  listActive(queryable: Queryable): Promise<StoredModel[]> {
    return queryable.query<StoredModel & Record<string, unknown>>(`select version, mode, document from fraud_models where mode <> 'off'`);
  }

  /** Adds a model that does nothing yet. @returns false when the version exists. */
  async insert(transaction: Queryable, document: FraudModelDocument, createdBy: string): Promise<boolean> {
    const rows = await transaction.query(
      `insert into fraud_models (version, mode, document, created_by) values ($1, 'off', $2, $3) on conflict (version) do nothing returning version`,
      [document.version, JSON.stringify(document), createdBy],
    );
    return rows.length > 0;
  }

  /** Gives a model a mode and turns off the one that had it. */
  async setMode(transaction: Queryable, version: string, mode: StoredModel['mode']): Promise<void> {
    await transaction.query(`update fraud_models set mode = 'off' where mode = $1 and mode <> 'off' and version <> $2`, [mode, version]);
    await transaction.query(
      `update fraud_models set mode = $2, promoted_at = case when $2 = 'live' then now() else promoted_at end where version = $1`,
      [version, mode],
    );
  }

  /** @returns false when no such model acts or looks on. */
  async turnOff(transaction: Queryable, version: string): Promise<boolean> {
    const rows = await transaction.query(`update fraud_models set mode = 'off' where version = $1 and mode <> 'off' returning version`, [
      version,
    ]);
    return rows.length > 0;
  }

  /** What models saw since then, newest first, at most `limit` payments. */
  async listInputs(since: Date, limit: number): Promise<(number | null)[][]> {
    const rows = await this.database.query<{ inputs: (number | null)[] }>(
      `select features -> 'model' -> 'inputs' as inputs from fraud_assessments
       where id > $1 and json_array_length(features -> 'model' -> 'inputs') > 0 order by id desc limit $2`,
      [firstAssessmentIdSince(since), limit],
    );
    return rows.map((row) => row.inputs);
  }

  /**
   * What models saw since then with what is known today, in order of time; a payment without a label counts as legitimate.
   *
   * What was blocked is left out: it never became one or the other. The few that a person looked at instead come as often as their weight says, which
   * is no integer: the same lot for ever decides about its fraction.
   */
  async listLabelled(since: Date): Promise<LabelledPayment[]> {
    return this.database.query<LabelledPayment & Record<string, unknown>>(
      `select floor(extract(epoch from created_at) / 86400)::int as day, coalesce(customer_id, device_id, payment_id) as customer,
              features -> 'model' -> 'inputs' as inputs, coalesce(label.is_fraud, false) as "isFraud"
       from fraud_assessments assessment
         left join lateral (select is_fraud from fraud_labels where payment_id = assessment.payment_id order by sequence desc limit 1) as label on true
         cross join lateral (select coalesce((contributions #>> '{exploration,weight}')::float8, 1) as weight) as exploration
         cross join generate_series(1, case when label.is_fraud is null then 1 else floor(weight)::int + (${LOT} < weight - floor(weight))::int end)
       where id > $1 and json_array_length(features -> 'model' -> 'inputs') = $2
         and (decision <> 'block' or mode = 'shadow' or label.is_fraud is not null) order by id`,
      [firstAssessmentIdSince(since), ENGINE_FEATURES.length],
    );
  }

  /** Stores a day's measurement; measured again, it is replaced. */
  async saveDrift(version: string, day: Date, payments: number, indexes: Readonly<Record<string, number>>): Promise<void> {
    await this.database.query(
      `insert into fraud_model_drift (model_version, day, feature, payments, stability_index)
       select $1, $2::date, feature, $3, stability_index from unnest($4::text[], $5::double precision[]) as measured (feature, stability_index)
       on conflict (model_version, day, feature) do update set payments = excluded.payments, stability_index = excluded.stability_index`,
      [version, day.toISOString().slice(0, 10), payments, Object.keys(indexes), Object.values(indexes)],
    );
  }
}
