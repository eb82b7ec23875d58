/** Rows that events are about, without the requests that would have made them. */
import { type Database } from '#platform';

/** A merchant with one device. */
export async function insertShop(database: Database): Promise<void> {
  await database.query(
    `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types) values ('mer_1', 'Café', 'US', 'UTC', 'retail', '{retail}')`,
  );
  await database.query(
    `insert into devices (id, merchant_id, livemode, type, fingerprint, capabilities, credential_hash, credential_last4)
     values ('dev_1', 'mer_1', false, 'pos_terminal', 'fingerprint-1', '{}', '\\x00', '0000')`,
  );
}

/** A payment of USD 12.50, `pay_<id>`, of the intent `pi_<id>` and the charge `ch_<id>` when it is tied to them. */
export async function insertPayment(
  database: Database,
  id: string,
  { status, receivedMinor = 0, isTied = true }: { status: string; receivedMinor?: number; isTied?: boolean },
): Promise<void> {
  await database.query(
    `insert into payments (id, merchant_id, livemode, status, amount_minor, amount_received_minor, currency, device_id, device_type, business_type,
       profile_version, method, payment_method, capture_method, stripe_payment_intent_id, stripe_charge_id, version)
     values ($1, 'mer_1', false, $2, 1250, $3, 'usd', 'dev_1', 'pos_terminal', 'retail', 0, 'card', 'pm_card_visa', 'automatic', $4, $5, 1)`,
    [`pay_${id}`, status, receivedMinor, isTied ? `pi_${id}` : null, isTied ? `ch_${id}` : null],
  );
}

/** The assessment of `pay_<id>`: what the labels of the truth hang on. */
export async function insertAssessment(database: Database, id: string): Promise<void> {
  await database.query(
    `insert into fraud_assessments (id, payment_id, merchant_id, livemode, device_id, amount_minor, currency, business_type, score, level, decision,
       contributions, features, engine_version)
     values ($1, $2, 'mer_1', false, 'dev_1', 1250, 'usd', 'retail', 0, 'low', 'allow', '[]', '{"attempt": {"occurredAt": "2026-11-01T10:00:00Z"}}', 'test')`,
    [`fra_${id}`, `pay_${id}`],
  );
}
