/** Idempotency keys: the unique row is the only arbiter of who runs a request. */
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig, Database, isUniqueViolation, NamedSql, type Queryable } from '#platform';
import { type Answer, type Outcome } from './payment-answer.js';
import { type PaymentCaller } from './payment.js';
import { IdempotencyInProgressError, IdempotencyKeyMissingError, IdempotencyKeyReusedError } from './payments.errors.js';

/** A request by its key and its fingerprint. */
export interface IdempotentRequest {
  readonly key: string;
  readonly requestHash: Buffer;
}

/** What a key was used for. */
export interface IdempotencyRecord {
  readonly requestHash: Buffer;
  /** The payment or refund that the request made. */
  readonly objectId: string | null;
  readonly isRunning: boolean;
  /** Null until the request has ended. */
  readonly answer: Answer | null;
}

/** Appended to a statement whose `changed` is a payment's row after its change: the answer to the request that brought it. */
export const STORE_ANSWER = `
  , answered as (
    update idempotency_keys request set locked_until = null, response_status = :responseStatus, response_body = :responseBody
    from changed where request.merchant_id = changed.merchant_id and request.livemode = changed.livemode and request.key = :requestKey
      and request.response_status is null)`;

/** The values of {@link STORE_ANSWER}: a final answer is kept for repeats; another one only lets the next repeat in. */
export function valuesOfAnswer(key: string, answer: Answer): Record<string, unknown> {
  return { requestKey: key, responseStatus: answer.isFinal ? answer.status : null, responseBody: answer.isFinal ? answer.body : null };
}

const CLAIM = `insert into idempotency_keys (merchant_id, livemode, key, request_hash, object_id, locked_until)
  values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))`;
const FINISH = new NamedSql(`with changed as (select :merchantId as merchant_id, :livemode::boolean as livemode)${STORE_ANSWER} select 1`);

/** SQL of `idempotency_keys`, scoped by merchant and mode. */
@Injectable()
export class IdempotencyKeys {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /**
   * What is known of the key, when it belongs to this very request.
   *
   * @throws IdempotencyKeyReusedError (422) when the key belongs to another request.
   * @throws IdempotencyInProgressError (409) while the first request runs.
   */
  async find(caller: PaymentCaller, key: string, requestHash: Buffer): Promise<IdempotencyRecord | null> {
    const [row] = await this.database.query<{
      request_hash: Buffer;
      object_id: string | null;
      is_running: boolean;
      response_status: number | null;
      response_body: string;
    }>(
      `select request_hash, object_id, coalesce(locked_until > now(), false) as is_running, response_status, response_body
       from idempotency_keys where merchant_id = $1 and livemode = $2 and key = $3`,
      [caller.merchantId, caller.livemode, key],
    );
    if (!row) return null;
    if (!row.request_hash.equals(requestHash)) throw new IdempotencyKeyReusedError();
    const answer = row.response_status === null ? null : { status: row.response_status, body: row.response_body, isFinal: true };
    if (!answer && row.is_running) throw new IdempotencyInProgressError();
    return { requestHash: row.request_hash, objectId: row.object_id, isRunning: row.is_running, answer };
  }

  /** Takes the key for this request. @returns false when somebody else has it, now or since long. */
  async claim(
    caller: PaymentCaller,
    key: string,
    requestHash: Buffer,
    objectId: string,
    queryable: Queryable = this.database,
  ): Promise<boolean> {
    const rows = await queryable.query(
      `${CLAIM} on conflict do nothing returning key`,
      this.valuesOfClaim(caller, key, requestHash, objectId),
    );
    return rows.length === 1;
  }

  /**
   * Takes the key along with the statements that follow in the same transaction. Should somebody else have it, these fail as well, with the error
   * that {@link isKeyTaken} knows.
   */
  async claimAlong(
    transaction: Queryable,
    caller: PaymentCaller,
    { key, requestHash }: IdempotentRequest,
    objectId: string,
  ): Promise<void> {
    await transaction.execute(CLAIM, this.valuesOfClaim(caller, key, requestHash, objectId));
  }

  /** The answer of the request that was faster. @throws IdempotencyInProgressError while it has none. */
  async answerOfWinner(caller: PaymentCaller, key: string, requestHash: Buffer): Promise<Outcome> {
    const winner = await this.find(caller, key, requestHash);
    if (!winner?.answer) throw new IdempotencyInProgressError();
    return { answer: winner.answer, isReplay: true };
  }

  /** Takes a key whose request was abandoned. @returns false when somebody else was faster. */
  async takeOver(caller: PaymentCaller, key: string): Promise<boolean> {
    const rows = await this.database.query(
      `update idempotency_keys set locked_until = now() + make_interval(secs => $4)
       where merchant_id = $1 and livemode = $2 and key = $3 and response_status is null and (locked_until is null or locked_until <= now()) returning key`,
      [caller.merchantId, caller.livemode, key, this.config.payments.requestLeaseSeconds],
    );
    return rows.length === 1;
  }

  /** Ends the request. */
  async finish(caller: PaymentCaller, key: string, answer: Answer, queryable: Queryable = this.database): Promise<void> {
    const { merchantId, livemode } = caller;
    await queryable.execute(FINISH.text, FINISH.values({ ...valuesOfAnswer(key, answer), merchantId, livemode }));
  }

  private valuesOfClaim({ merchantId, livemode }: PaymentCaller, key: string, requestHash: Buffer, objectId: string): unknown[] {
    return [merchantId, livemode, key, requestHash, objectId, this.config.payments.requestLeaseSeconds];
  }
}

/** Whether a transaction failed because its request's key had been taken before. */
export function isKeyTaken(error: unknown): boolean {
  return isUniqueViolation(error, 'idempotency_keys_pkey');
}

/**
 * The fingerprint of a request: route and body, with the keys of objects in order.
 *
 * @param route - Method and template with its ids filled in: `POST /api/payments`.
 */
export function requestHashOf(route: string, body: unknown): Buffer {
  return createHash('sha256').update(route).update('\n').update(canonicalJson(body)).digest();
}

/** The header's value. @throws IdempotencyKeyMissingError when it is absent, too long or not printable ASCII. */
export function idempotencyKeyOf(header: string | string[] | undefined): string {
  // The IETF draft quotes the key, Stripe does not: both are taken, and are the same key.
  const key = typeof header === 'string' ? header.replace(/^"(.*)"$/, '$1') : '';
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new IdempotencyKeyMissingError();
  return key;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value as Record<string, unknown>).filter(([, member]) => member !== undefined);
    const sorted = members.sort(([first], [second]) => (first < second ? -1 : 1));
    return `{${sorted.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}
