import { Injectable } from '@nestjs/common';
import { assert, DAY_MS } from '#kernel';
import { Database, type Queryable } from '#platform';
import { PersonalDataCipher } from '#security';
import { type DisputeEvidence, PRIOR_PAYMENT_DAYS } from '../domain/dispute-evidence.js';
import { type Dispute } from './dispute.js';
import { EvidenceErasedError } from './disputes.errors.js';

/** A payment of the payer's past, as its row and those around it say. */
export interface PayerPayment {
  readonly id: string;
  readonly stripeChargeId: string | null;
  readonly createdAt: Date;
  readonly amountMinor: number;
  readonly currency: string;
  readonly description: string | null;
  readonly deviceId: string;
  readonly deviceFingerprint: string;
  readonly customerId: string | null;
  /** null unless the payer's own device sent the request. */
  readonly ip: string | null;
  readonly isSameDevice: boolean;
  readonly isSameCustomer: boolean;
  readonly isSameCard: boolean;
  readonly isDoubted: boolean;
  readonly isOldEnough: boolean;
}

/** As many earlier payments as a bank will read. */
const MAX_EARLIER = 200;

/** SQL around the evidence of a dispute: the sealed draft, and what the payer did before. */
@Injectable()
export class EvidenceRepository {
  constructor(
    private readonly database: Database,
    private readonly cipher: PersonalDataCipher,
  ) {}

  /** The draft; null until it is assembled, and again once the payer was erased. */
  async read(queryable: Queryable, dispute: Dispute): Promise<DisputeEvidence | null> {
    if (dispute.evidenceSealed === null) return null;
    const wrappedKey = await this.keyOf(queryable, dispute);
    if (wrappedKey === null) return null;
    return JSON.parse(this.cipher.openFor({ id: dispute.id, wrappedKey }, dispute.evidenceSealed, placeOf(dispute))) as DisputeEvidence;
  }

  /**
   * Stores a new version of the draft, sealed under a key of the dispute's own. The caller has locked the dispute.
   *
   * @param stageAfterSeconds - When the keeper stages it if nobody has; null when nobody wants it staged.
   * @returns The dispute with it. @throws EvidenceErasedError
   */
  async write(transaction: Queryable, dispute: Dispute, evidence: DisputeEvidence, stageAfterSeconds: number | null): Promise<Dispute> {
    const wrappedKey = (await this.keyOf(transaction, dispute)) ?? (await this.makeKey(transaction, dispute));
    const sealed = this.cipher.sealFor({ id: dispute.id, wrappedKey }, JSON.stringify(evidence), placeOf(dispute));
    const [row] = await transaction.query<{ version: number }>(
      `update disputes set evidence_sealed = $2, evidence_version = evidence_version + 1, updated_at = now(),
         next_check_at = case when $3::float8 is null then next_check_at else now() + make_interval(secs => $3) end,
         check_count = case when $3::float8 is null then check_count else 0 end
       where id = $1 returning evidence_version as version`,
      [dispute.id, sealed, stageAfterSeconds],
    );
    assert(row, 'the caller holds the lock of a dispute that exists');
    return { ...dispute, evidenceVersion: row.version, evidenceSealed: sealed };
  }

  /** Notes that Stripe has a version staged, unless it has a newer one. */
  async markStaged(transaction: Queryable, dispute: Dispute, version: number, fields: readonly string[]): Promise<void> {
    await transaction.query(
      `update disputes set evidence_staged_version = $2,
         next_check_at = case when evidence_version > $2 or response_state = 'sending' then next_check_at end,
         evidence_staged_fields = (select coalesce(array_agg(distinct field), '{}') from unnest(evidence_staged_fields || $3::text[]) as field)
       where id = $1 and evidence_staged_version < $2`,
      [dispute.id, version, fields],
    );
  }

  /** The disputed payment first, then what the same device, customer or card paid the merchant before it, newest first. */
  listPayments(dispute: Dispute): Promise<PayerPayment[]> {
    return this.database.query<PayerPayment & Record<string, unknown>>(
      `with disputed as (select * from payments where id = $1)
       select p.id, p.stripe_charge_id as "stripeChargeId", p.created_at as "createdAt", p.amount_minor as "amountMinor", p.currency,
         p.description, p.device_id as "deviceId", device.fingerprint as "deviceFingerprint", p.customer_id as "customerId",
         -- Only a device speaks from the payer's place: a merchant's server has an address of its own.
         case when exists (select 1 from payment_attempts a where a.payment_id = p.id and a.operation = 'create' and starts_with(a.actor, 'dev_'))
           then host(p.client_ip) end as ip,
         p.device_id = d.device_id as "isSameDevice",
         coalesce(p.customer_id = d.customer_id, false) as "isSameCustomer",
         p.payment_method = d.payment_method as "isSameCard",
         exists (select 1 from disputes each where each.payment_id = p.id)
           or exists (select 1 from fraud_warnings w where w.payment_id = p.id) as "isDoubted",
         p.created_at between $2::timestamptz - make_interval(secs => $4) and $2::timestamptz - make_interval(secs => $3) as "isOldEnough"
       from disputed d
       join payments p on p.merchant_id = d.merchant_id and p.livemode = d.livemode
         and (p.device_id = d.device_id or p.customer_id = d.customer_id)
       join devices device on device.id = p.device_id
       where p.id = d.id or (p.id < d.id and p.status = 'succeeded' and p.amount_received_minor > p.amount_refunded_minor)
       order by p.id desc limit $5`,
      [
        dispute.paymentId,
        dispute.createdAt,
        (PRIOR_PAYMENT_DAYS.from * DAY_MS) / 1_000,
        (PRIOR_PAYMENT_DAYS.to * DAY_MS) / 1_000,
        MAX_EARLIER + 1,
      ],
    );
  }

  private async keyOf(queryable: Queryable, { id }: Dispute): Promise<string | null> {
    const [row] = await queryable.query<{ key: string | null }>('select key_wrapped as key from personal_data_keys where subject_id = $1', [
      id,
    ]);
    return row?.key ?? null;
  }

  private async makeKey(transaction: Queryable, { id, merchantId }: Dispute): Promise<string> {
    const wrappedKey = this.cipher.newWrappedKey(id);
    const rows = await transaction.query(
      `insert into personal_data_keys (subject_id, merchant_id, key_wrapped) values ($1, $2, $3) on conflict do nothing returning 1`,
      [id, merchantId, wrappedKey],
    );
    if (rows.length === 0) throw new EvidenceErasedError();
    return wrappedKey;
  }
}

function placeOf({ id }: Dispute): { table: string; column: string; rowId: string } {
  return { table: 'disputes', column: 'evidence_sealed', rowId: id };
}
