/** Every route of the API, and how a request finds its own. */
import { type Route } from './call.js';
import { balanceRoutes } from './resources/balance.js';
import { chargeRoutes } from './resources/charges.js';
import { customerRoutes } from './resources/customers.js';
import { eventRoutes } from './resources/events.js';
import { paymentIntentRoutes } from './resources/payment-intent-routes.js';
import { paymentMethodRoutes } from './resources/payment-methods.js';
import { refundRoutes } from './resources/refunds.js';
import { cliSessionRoutes } from './resources/cli-sessions.js';
import { checkoutRoutes } from './resources/checkout-routes.js';
import { disputeRoutes } from './resources/disputes.js';
import { earlyFraudWarningRoutes } from './resources/early-fraud-warnings.js';
import { invoiceRoutes } from './resources/invoice-routes.js';
import { payoutRoutes } from './resources/payouts.js';
import { productRoutes } from './resources/products.js';
import { reviewRoutes } from './resources/reviews.js';
import { setupIntentRoutes } from './resources/setup-intents.js';
import { subscriptionRoutes } from './resources/subscription-routes.js';
import { terminalRoutes } from './resources/terminal.js';
import { testClockRoutes } from './resources/test-clocks.js';
import { tokenRoutes } from './resources/tokens.js';
import { webhookEndpointRoutes } from './resources/webhook-endpoints.js';

/** The table: all that the sandbox answers under `/v1`. */
export const ROUTES: readonly Route[] = [
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...customerRoutes,
  ...chargeRoutes,
  ...refundRoutes,
  ...balanceRoutes,
  ...tokenRoutes,
  ...eventRoutes,
  ...webhookEndpointRoutes,
  ...checkoutRoutes,
  ...cliSessionRoutes,
  ...disputeRoutes,
  ...earlyFraudWarningRoutes,
  ...invoiceRoutes,
  ...payoutRoutes,
  ...productRoutes,
  ...reviewRoutes,
  ...setupIntentRoutes,
  ...subscriptionRoutes,
  ...terminalRoutes,
  ...testClockRoutes,
];

interface Node {
  readonly literal: Map<string, Node>;
  id: Node | null;
  readonly routes: Map<string, Route>;
}

/** A route and the ids its path holds. */
export interface RouteMatch {
  readonly route: Route;
  readonly ids: readonly string[];
}

const ROOT = ROUTES.reduce((root, each) => {
  let node = root;
  for (const segment of each.path.split('/')) {
    const isId = segment.startsWith('{');
    const next: Node = (isId ? node.id : node.literal.get(segment)) ?? newNode();
    if (isId) node.id = next;
    else node.literal.set(segment, next);
    node = next;
  }
  node.routes.set(each.method, each);
  return root;
}, newNode());

/** The route of a method and path; undefined when there is none. Literal segments win over ids. */
export function findRoute(method: string, path: string): RouteMatch | undefined {
  let node: Node | null = ROOT;
  const ids: string[] = [];
  for (const segment of path.split('/')) {
    const literal: Node | undefined = node.literal.get(segment);
    if (literal) {
      node = literal;
      continue;
    }
    node = node.id;
    if (!node || segment === '') return undefined;
    ids.push(decodeURIComponent(segment));
  }
  const found = node.routes.get(method);
  return found && { route: found, ids };
}

function newNode(): Node {
  return { literal: new Map(), id: null, routes: new Map() };
}
