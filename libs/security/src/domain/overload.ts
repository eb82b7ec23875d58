/** What is refused when a process has more to do than it can: the least important first, payments last. */

/** What a request is for. Probes are of no class: they are always answered. */
export type RequestClass = 'admin' | 'read' | 'payment';

/** How much a process has to do, as far as it can be seen from inside. */
export interface Load {
  /** Milliseconds by which timers of the event loop come late, mean of the last half second. */
  readonly eventLoopDelayMs: number;
  /** Requests that wait for a connection of the pool, per connection. */
  readonly waitingPerConnection: number;
}

/** Where shedding begins: for the admin at once the limit, for reads at twice, for payments at five times. */
export interface OverloadLimits {
  readonly eventLoopDelayMs: number;
  readonly waitingPerConnection: number;
}

const TIMES_LIMIT: Readonly<Record<RequestClass, number>> = { admin: 1, read: 2, payment: 5 };

/** Whether a request is refused at this load. */
export function isShed(requestClass: RequestClass, load: Load, limits: OverloadLimits): boolean {
  const times = TIMES_LIMIT[requestClass];
  return load.eventLoopDelayMs > times * limits.eventLoopDelayMs || load.waitingPerConnection > times * limits.waitingPerConnection;
}

/** The class of a request; null for what is never refused. */
export function requestClassOf(method: string, route: string): RequestClass | null {
  if (!route.startsWith('/api/')) return null;
  if (route.startsWith('/api/admin/')) return 'admin';
  if (method === 'POST' && route.startsWith('/api/payments')) return 'payment';
  return route.startsWith('/api/webhooks/') ? 'payment' : 'read';
}
