/** Connections behind a pooler that works by transaction: nothing may be left in a session, for the next statement may run in another. */
import pg from 'pg';
import { takeRole, TenantPool } from './tenant-pool.js';

/** A pool whose connections keep tenant, role and timeouts within each transaction. */
export class TransactionPool extends TenantPool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: TransactionClient });
  }

  protected override enter(client: pg.PoolClient, tenant: string): Promise<pg.PoolClient> {
    if (client instanceof TransactionClient) client.workFor(tenant);
    return Promise.resolve(client);
  }
}

interface TransactionClientConfig extends pg.ClientConfig {
  /** Run-time parameters and their values, for each transaction. As startup parameters the pooler would refuse them. */
  readonly transactionSettings?: Readonly<Record<string, string | number>>;
}

type Answer = (error: Error | null, result?: unknown) => void;

const ROLE = takeRole(true);

/**
 * A connection that makes a transaction around every statement that is in none, and begins each with its settings.
 *
 * A statement costs two round trips more. It never runs without its tenant: it is sent when the settings have been made, and not otherwise.
 */
class TransactionClient extends pg.Client {
  private readonly settings: Readonly<Record<string, string | number>>;
  private tenant: string | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(config: TransactionClientConfig = {}) {
    super(config);
    this.settings = config.transactionSettings ?? {};
  }

  workFor(tenant: string): void {
    this.tenant = tenant;
  }

  // Of pg's many signatures those that are in use: a text or a configuration, values, and a callback or none.
  override query(...args: never[]): never {
    const rest: unknown[] = [...args];
    const callback = typeof rest.at(-1) === 'function' ? (rest.pop() as Answer) : undefined;
    // One after the other: a statement that came between another one's BEGIN and COMMIT would share its fate.
    const result = this.turn.then(() => this.run(rest as QueryArguments));
    this.turn = result.catch(() => undefined);
    if (!callback) return result as never;
    result.then(
      (value) => {
        callback(null, value);
      },
      (error: unknown) => {
        callback(error as Error);
      },
    );
    return undefined as never;
  }

  private async run(query: QueryArguments): Promise<pg.QueryResult> {
    if (this.getTransactionStatus() !== 'I') return super.query(...query);
    if (isBegin(query[0])) return this.begin(query[0]);
    await this.begin('begin');
    const result = await this.orRollBack(super.query(...query));
    await super.query('commit');
    return result;
  }

  private async begin(statement: string): Promise<pg.QueryResult> {
    if (this.tenant === undefined) throw new Error('a connection is used that was not checked out');
    const values: Record<string, string | number> = { ...this.settings, 'upp.merchant_id': this.tenant };
    const settings = Object.entries(values).map(
      ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(String(value))}, true)`,
    );
    // In one message, which a pooler hands to one server as a whole.
    const results: unknown = await this.orRollBack(super.query(`${statement}; select ${[...settings, ROLE].join(', ')}`));
    return (results as pg.QueryResult[])[0] as pg.QueryResult;
  }

  private async orRollBack<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      // When this fails too, the connection is gone, and the pool knows.
      await super.query('rollback').catch(() => undefined);
      throw error;
    }
  }
}

type QueryArguments = [query: string | pg.QueryConfig, values?: unknown[]];

function isBegin(query: string | pg.QueryConfig): query is string {
  return typeof query === 'string' && /^\s*(?:begin|start transaction)\b/i.test(query);
}
