import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import { Database, type Queryable } from '#platform';
import { type GatewayFraudWarning } from '../payment-gateway.js';
import { type Payment } from '../payment.js';

/** An issuer's warning, and what is done about it. */
export interface FraudWarning {
  /** `efw_…` */
  readonly id: string;
  readonly paymentId: string;
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly stripeWarningId: string;
  readonly fraudType: string;
  /** Whether a refund could still spare a dispute. Once it could not, it never can again. */
  readonly isActionable: boolean;
  readonly reaction: 'none' | 'refund';
  /** `refunded`: the money is on its way back. `superseded`: it was already, or the bank took it. null while it is to be done, or nothing is. */
  readonly reactionOutcome: 'refunded' | 'superseded' | null;
  readonly createdAt: Date;
}

/** Longest pause between two tries of a reaction. */
const MAX_PAUSE_SECONDS = 3_600;

const COLUMNS = `id, payment_id as "paymentId", merchant_id as "merchantId", livemode, stripe_warning_id as "stripeWarningId",
  fraud_type as "fraudType", is_actionable as "isActionable", reaction, reaction_outcome as "reactionOutcome", created_at as "createdAt"`;

/** SQL of `fraud_warnings`. */
@Injectable()
export class FraudWarningsRepository {
  constructor(private readonly database: Database) {}

  /** Records a warning with its reaction, which is decided once. @returns Whether it, or that it is no longer actionable, was news. */
  async upsert(
    transaction: Queryable,
    payment: Payment,
    warning: GatewayFraudWarning,
    reaction: FraudWarning['reaction'],
  ): Promise<boolean> {
    const rows = await transaction.query(
      `insert into fraud_warnings (id, payment_id, merchant_id, livemode, stripe_warning_id, fraud_type, is_actionable, reaction, next_reaction_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, case when $8 = 'refund' then now() end)
       on conflict (stripe_warning_id) do update set is_actionable = false
       where fraud_warnings.is_actionable and not excluded.is_actionable
       returning id`,
      [
        newId('fraudWarning'),
        payment.id,
        payment.merchantId,
        payment.livemode,
        warning.gatewayId,
        warning.fraudType,
        warning.isActionable,
        reaction,
      ],
    );
    return rows.length > 0;
  }

  /** The warnings of a payment, oldest first. */
  list(paymentId: string): Promise<FraudWarning[]> {
    return this.database.query<FraudWarning>(`select ${COLUMNS} from fraud_warnings where payment_id = $1 order by id`, [paymentId]);
  }

  /** Takes reactions that are due; another process may try again after a pause that doubles with each try. */
  claimDue(limit: number): Promise<FraudWarning[]> {
    return this.database.query<FraudWarning>(
      `update fraud_warnings set reaction_tries = reaction_tries + 1,
         next_reaction_at = now() + least($2, 60 * power(2, least(reaction_tries, 10))) * interval '1 second'
       where id in (select id from fraud_warnings where next_reaction_at <= now() order by next_reaction_at limit $1 for update skip locked)
       returning ${COLUMNS}`,
      [limit, MAX_PAUSE_SECONDS],
    );
  }

  async finish(id: string, outcome: NonNullable<FraudWarning['reactionOutcome']>): Promise<void> {
    await this.database.query('update fraud_warnings set reaction_outcome = $2, next_reaction_at = null where id = $1', [id, outcome]);
  }
}
