import { Injectable } from '@nestjs/common';
import { firstIdAt } from '#kernel';
import { Database } from '#platform';

/** What is counted: one merchant's or, with null, everybody's, of one mode, since an instant. */
export interface BusinessScope {
  readonly merchantId: string | null;
  readonly livemode: boolean;
  readonly since: Date;
}

/** Payments that agree in everything that is told apart. */
export interface PaymentGroup {
  readonly businessType: string;
  readonly deviceType: string;
  readonly currency: string;
  readonly status: string;
  readonly count: number;
  readonly amountMinor: number;
  readonly receivedMinor: number;
  readonly refundedMinor: number;
}

/** Assessments that agree in decision and in tens of the score. */
export interface AssessmentGroup {
  readonly decision: 'allow' | 'review' | 'block';
  /** 0 for scores 0–9, … 9 for 90–100. */
  readonly tens: number;
  readonly count: number;
}

/** Devices by what they are doing. */
export interface DeviceCounts {
  readonly registered: number;
  readonly newlyRegistered: number;
  /** Have made a payment since then. */
  readonly active: number;
}

/** Reads across the tables for reports. Ids sort by time, so that the primary keys alone bound what is read. */
@Injectable()
export class BusinessMetricsRepository {
  constructor(private readonly database: Database) {}

  /** Payments made since then, by everything that is told apart. */
  listPayments(scope: BusinessScope): Promise<PaymentGroup[]> {
    return this.database.query<PaymentGroup>(
      `select p.business_type as "businessType", d.type as "deviceType", p.currency, p.status, count(*) as count,
         sum(p.amount_minor)::bigint as "amountMinor", sum(p.amount_received_minor)::bigint as "receivedMinor",
         sum(p.amount_refunded_minor)::bigint as "refundedMinor"
       from payments p join devices d on d.id = p.device_id
       where p.id >= $1 and ($2::text is null or p.merchant_id = $2) and p.livemode = $3
       group by 1, 2, 3, 4`,
      [firstIdAt('payment', scope.since.getTime()), scope.merchantId, scope.livemode],
    );
  }

  /** Assessments made since then. */
  listAssessments(scope: BusinessScope): Promise<AssessmentGroup[]> {
    return this.database.query<AssessmentGroup>(
      `select decision, least(score / 10, 9)::int as tens, count(*) as count from fraud_assessments
       where id >= $1 and ($2::text is null or merchant_id = $2) and livemode = $3 and mode = 'enforce'
       group by 1, 2`,
      [firstIdAt('assessment', scope.since.getTime()), scope.merchantId, scope.livemode],
    );
  }

  async countDevices(scope: BusinessScope): Promise<DeviceCounts> {
    const [row] = await this.database.query<DeviceCounts>(
      `select count(*) as registered, count(*) filter (where id >= $1) as "newlyRegistered",
         (select count(distinct device_id) from payments
          where id >= $4 and ($2::text is null or merchant_id = $2) and livemode = $3) as active
       from devices where status = 'active' and ($2::text is null or merchant_id = $2) and livemode = $3`,
      [firstIdAt('device', scope.since.getTime()), scope.merchantId, scope.livemode, firstIdAt('payment', scope.since.getTime())],
    );
    return row ?? { registered: 0, newlyRegistered: 0, active: 0 };
  }
}
