import pg from 'pg';
import { DataSource } from 'typeorm';
import type { AppConfig } from '../config/app-config.js';
import { Database } from './database.js';
import { TenantPool } from './tenant-pool.js';

// The one who asks waits for one answer at a time.
const CONNECTIONS = 2;

/**
 * Opens a database beside the process's own, such as a restored backup, without the time limits of requests.
 *
 * @param url - Leads to the server itself, not to a pooler.
 */
export async function openDatabase(
  url: string,
  config: AppConfig,
): Promise<{ readonly database: Database; readonly close: () => Promise<void> }> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    driver: { ...pg, Pool: TenantPool },
    poolErrorHandler: () => undefined,
    extra: { max: CONNECTIONS, connectionTimeoutMillis: config.database.acquireTimeoutMs, application_name: 'upp' },
  }).initialize();
  return { database: new Database(dataSource, config), close: () => dataSource.destroy() };
}
