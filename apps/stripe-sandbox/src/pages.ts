/** The pages a payer would see at a bank and at Stripe. Ids, amounts and statuses hold nothing to escape. */
import { type CheckoutSession } from './resources/checkout.js';

/** Two buttons while the intent waits, one sentence afterwards. */
export function challengePage({ id, status }: { readonly id: string; readonly status: string }): string {
  const buttons =
    '<form method="post"><button name="outcome" value="succeed">Complete authentication</button> ' +
    '<button name="outcome" value="fail">Fail authentication</button></form>';
  return page(
    '3-D Secure test page',
    id,
    status === 'requires_action' ? buttons : `<p>Nothing to authenticate: the status is ${status}.</p>`,
  );
}

/** A field for the name of a test card, and a button. */
export function checkoutPage({ id, status, amount_total: amount, currency }: CheckoutSession): string {
  const form =
    '<form method="post"><label>Test payment method <input name="payment_method" value="pm_card_visa"></label> <button>Pay</button></form>';
  const content = status === 'open' ? `<p>${String(amount ?? 0)} ${currency ?? ''}</p>${form}` : `<p>This page is ${status}.</p>`;
  return page('Checkout test page', id, content);
}

function page(title: string, id: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1><p>${id}</p>${content}</body></html>`;
}
