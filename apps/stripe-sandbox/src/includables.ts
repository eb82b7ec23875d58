/** Lists that an object carries only when `expand[]` asks for them. */
import { type Includables } from './expand.js';
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
  customer: {
    sources: (_account, id) => innerList([], `/v1/customers/${id}/sources`),
    tax_ids: (_account, id) => innerList([], `/v1/customers/${id}/tax_ids`),
  },
};
