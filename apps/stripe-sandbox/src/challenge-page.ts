/** The page that stands for a bank's 3-D Secure challenge. */
import { type PaymentIntent } from './resources/payment-intents.js';

/** Two buttons while the intent waits, one sentence afterwards. Ids and statuses hold nothing to escape. */
export function challengePage(intent: PaymentIntent): string {
  const { id, amount, currency, status } = intent;
  const buttons =
    '<form method="post"><button name="outcome" value="succeed">Complete authentication</button> ' +
    '<button name="outcome" value="fail">Fail authentication</button></form>';
  const content = status === 'requires_action' ? buttons : `<p>Nothing to authenticate: the payment is ${status}.</p>`;
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>3-D Secure test page</title></head>' +
    `<body><h1>3-D Secure test page</h1><p>${id}: ${String(amount)} ${currency}</p>${content}</body></html>`
  );
}
