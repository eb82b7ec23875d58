/** Lists that an object carries only when `expand[]` asks for them. */
import { type Includables } from './expand.js';
import { lineItems } from './resources/checkout.js';
import { innerList } from './lists.js';

/** By kind of object and field. */
export const INCLUDABLES: Includables = {
  charge: {
    refunds: (account, id) =>
      innerList(
        [...account.refunds.newestFirst()].filter((refund) => refund.charge === id),
        `/v1/charges/${id}/refunds`,
      ),
  },
  'checkout.session': { line_items: (account, id) => lineItems(account, id) },
  invoice: {
    payments: (account, id) =>
      innerList(
        [...account.invoicePayments.newestFirst()].filter((each) => each.invoice === id),
        `/v1/invoices/${id}/payments`,
      ),
  },
  customer: {
    subscriptions: (account, id) =>
      innerList(
        [...account.subscriptions.newestFirst()].filter((each) => each.customer === id),
        `/v1/customers/${id}/subscriptions`,
      ),
    sources: (_account, id) => innerList([], `/v1/customers/${id}/sources`),
    tax_ids: (_account, id) => innerList([], `/v1/customers/${id}/tax_ids`),
  },
};
