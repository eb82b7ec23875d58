import pg from 'pg';
import { DatabaseUnavailableError } from './postgres-errors.js';
import { currentTenant } from './tenant.js';

type Checkout = (error: Error | undefined, client: pg.PoolClient | undefined, release: (error?: Error | boolean) => void) => void;

/**
 * Takes the role that row-level security binds, where there is one, the user may have it and the migrations have prepared it: under the owner's own
 * name, as under a superuser's, PostgreSQL would not apply the policies.
 *
 * @param isLocal - Whether only for the transaction.
 */
export function takeRole(isLocal: boolean): string {
  return `(select set_config('role', rolname, ${String(isLocal)}) from pg_roles where rolname = 'upp_app' and pg_has_role(oid, 'member')
    and has_table_privilege(oid, to_regclass('merchants'), 'select'))`;
}

// Once per connection and whenever the tenant changes.
const ENTER = `select set_config('upp.merchant_id', $1, false), ${takeRole(false)}`;

/**
 * A pool whose connections work for the tenant of whoever checks them out.
 *
 * A connection remembers its tenant, so that a deployment with one merchant pays for it once per connection. Behind a pooler that works by
 * transaction, sessions are not ours: see TransactionPool.
 */
export class TenantPool extends pg.Pool {
  private readonly entered = new WeakMap<pg.PoolClient, string>();

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Checkout): void;
  override connect(callback?: Checkout): Promise<pg.PoolClient> | undefined {
    // Read now: a connection that becomes free later calls back from the work of somebody else.
    const tenant = currentTenant();
    this.preferTenant(tenant);
    const ready = super.connect().then((client) => this.enter(client, tenant), refuseWhenExhausted);
    if (!callback) return ready;
    ready.then(
      (client) => {
        callback(undefined, client, (error) => {
          client.release(error);
        });
      },
      (error: unknown) => {
        callback(error as Error, undefined, () => undefined);
      },
    );
    return undefined;
  }

  /** Puts a resting connection that works for the tenant where the pool takes the next one: entering another costs a round trip. */
  private preferTenant(tenant: string): void {
    const resting = (this as unknown as { readonly _idle: { readonly client: pg.PoolClient }[] })._idle;
    const index = resting.findLastIndex(({ client }) => this.entered.get(client) === tenant);
    if (index !== -1) resting.push(...resting.splice(index, 1));
  }

  /** Makes a connection that was checked out work for `tenant`. */
  protected async enter(client: pg.PoolClient, tenant: string): Promise<pg.PoolClient> {
    if (this.entered.get(client) === tenant) return client;
    try {
      await client.query({ name: 'upp_enter', text: ENTER, values: [tenant] });
    } catch (error) {
      // Nobody may get a connection that still works for somebody else.
      client.release(true);
      throw error;
    }
    this.entered.set(client, tenant);
    return client;
  }
}

/** No connection became free in time. Said here, because TypeORM passes on what the pool says: its callers' clients are told to come again as well. */
function refuseWhenExhausted(error: unknown): never {
  const isExhausted = error instanceof Error && error.message === 'timeout exceeded when trying to connect';
  throw isExhausted ? new DatabaseUnavailableError(error) : error;
}
