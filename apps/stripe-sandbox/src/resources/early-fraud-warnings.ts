/** Early fraud warnings: the issuer has heard that a payment was fraud; a dispute may follow. */
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';
import { type Charge } from './charges.js';

/** An early fraud warning. */
export interface EarlyFraudWarning extends StripeObject {
  object: 'radar.early_fraud_warning';
  actionable: boolean;
  charge: string;
  created: number;
  fraud_type: string;
  livemode: false;
  payment_intent?: string;
}

/** Warns of a charge. */
export function warnOfFraud(sandbox: Sandbox, account: Account, charge: Charge): EarlyFraudWarning {
  const warning = account.earlyFraudWarnings.put({
    id: `issfr_1${sandbox.store.random.letters(23)}`,
    object: 'radar.early_fraud_warning',
    actionable: !charge.refunded && !charge.disputed,
    charge: charge.id,
    created: sandbox.clock.now(),
    fraud_type: 'made_with_stolen_card',
    livemode: false,
    ...(charge.payment_intent === null ? {} : { payment_intent: charge.payment_intent }),
  });
  sandbox.events.record(account, 'radar.early_fraud_warning.created', warning);
  return warning;
}

function retrieve(call: Call): object {
  const warning = call.account.earlyFraudWarnings.find(pathId(call));
  if (!warning) throw noSuch('early_fraud_warning', pathId(call));
  return warning;
}

function list(call: Call<ListParameters & { charge?: string; payment_intent?: string }>): object {
  const { charge, payment_intent: intent } = call.parameters;
  const matches = (each: EarlyFraudWarning) =>
    (charge === undefined || each.charge === charge) && (intent === undefined || each.payment_intent === intent);
  return listPage(call, call.account.earlyFraudWarnings, matches);
}

/** Routes of early fraud warnings. */
export const earlyFraudWarningRoutes = [
  route('GET /v1/radar/early_fraud_warnings', 'Radar.EarlyFraudWarningListParams', list),
  route('GET /v1/radar/early_fraud_warnings/{id}', 'Radar.EarlyFraudWarningRetrieveParams', retrieve),
];
