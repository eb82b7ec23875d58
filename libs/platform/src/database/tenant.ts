/** On whose behalf the current work is done: the second wall of tenancy, behind the queries' own conditions. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** The scope of jobs, webhooks and people of the whole deployment. */
export const EVERY_TENANT = '*';

const tenants = new AsyncLocalStorage<string>();

/**
 * Runs `work` so that every statement in it, awaited or not, sees the rows of one merchant only.
 *
 * PostgreSQL itself holds the rest back (row-level security, see migration 060), whatever the statement's conditions are.
 */
export function runAsTenant<T>(merchantId: string, work: () => T): T {
  return tenants.run(merchantId, work);
}

/** The merchant whose rows are to be seen now, or `*`. */
export function currentTenant(): string {
  return tenants.getStore() ?? EVERY_TENANT;
}
