/** What the operator may choose about `npm start`, and the refusals that follow from a choice that cannot work. */
import path from 'node:path';
import type { Environment } from '#platform';

/** The start is refused for a reason that its message tells in plain words, with the way out. */
export class StartRefusedError extends Error {
  override readonly name = 'StartRefusedError';
}

/** A port and the variable that changes it. */
export interface PortSetting {
  readonly variable: 'PORT' | 'WORKER_PORT' | 'STRIPE_SANDBOX_PORT';
  readonly port: number;
}

/** The choices, with defaults filled in. */
export interface LauncherSettings {
  /** Absolute. Holds the database, the sandbox's journal, secrets and credentials. */
  readonly dataDir: string;
  /** Address that the api and the worker listen on. */
  readonly host: string;
  readonly api: PortSetting;
  readonly worker: PortSetting;
  readonly sandbox: PortSetting;
  /** Null: an embedded PostgreSQL is started. */
  readonly databaseUrl: string | null;
  /** Null: the Stripe sandbox is started. */
  readonly stripeSecretKey: string | null;
}

/** @throws StartRefusedError when a port is not one or two are the same, or TLS is asked for. */
export function readSettings(environment: Environment): LauncherSettings {
  const tlsMode = given(environment, 'TLS_MODE') ?? 'off';
  // Its parts find each other on this machine, in plain HTTP.
  if (tlsMode !== 'off')
    throw new StartRefusedError(`npm start does not speak TLS: leave TLS_MODE=${tlsMode} to the api itself, as docs/tls.md tells.`);
  const ports = [
    readPort(environment, 'PORT', 3000),
    readPort(environment, 'WORKER_PORT', 3001),
    readPort(environment, 'STRIPE_SANDBOX_PORT', 3002),
  ] as const;
  for (const [index, each] of ports.entries()) {
    const twin = ports.slice(0, index).find(({ port }) => port === each.port);
    if (twin !== undefined) throw new StartRefusedError(`${twin.variable} and ${each.variable} are both ${each.port}: change one of them.`);
  }
  const [api, worker, sandbox] = ports;
  return {
    dataDir: path.resolve(given(environment, 'UPP_DATA_DIR') ?? '.upp'),
    host: given(environment, 'HOST') ?? '127.0.0.1',
    api,
    worker,
    sandbox,
    databaseUrl: given(environment, 'DATABASE_URL'),
    stripeSecretKey: given(environment, 'STRIPE_SECRET_KEY'),
  };
}

/** The address under which this machine reaches a service. */
export function localUrl(settings: LauncherSettings, { port }: PortSetting): string {
  const isAnyAddress = ['0.0.0.0', '::'].includes(settings.host);
  return `http://${isAnyAddress ? '127.0.0.1' : settings.host}:${port}`;
}

function readPort(environment: Environment, variable: PortSetting['variable'], otherwise: number): PortSetting {
  const text = given(environment, variable) ?? String(otherwise);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new StartRefusedError(`${variable} is not a port number from 1 to 65535.`);
  return { variable, port };
}

/** A variable's value; an empty one counts as absent, as everywhere in the configuration. */
function given(environment: Environment, variable: string): string | null {
  const value = environment[variable]?.trim();
  return value === undefined || value === '' ? null : value;
}
