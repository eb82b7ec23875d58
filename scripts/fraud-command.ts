/** What the fraud commands have in common: mistakes are one line, and the deployment is found. */
import 'reflect-metadata';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BacktestModule, FraudCoreModule, TooFewPaymentsError } from '#fraud';
import { DomainError } from '#kernel';
import { AppConfig, ClockModule, ConfigError, ConfigurationModule, DatabaseModule, type Environment, processEnvironment } from '#platform';
import { loadSecrets, readCredentials } from './launcher/data-folder.js';
import { readSettings } from './launcher/settings.js';

@Module({})
class FraudCommandModule {}

/** A command that was called wrongly; its message says how to call it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs a command. What its user can mend is one line and exit code 1, or 2 with the usage; anything else is a fault and keeps its stack. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code } = error as { code?: unknown };
    const isOfArguments = error instanceof UsageError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS'));
    const isOfUser = error instanceof DomainError || error instanceof ConfigError || error instanceof TooFewPaymentsError;
    // A file that is not there, not a file, not ours to read, or not what it should be.
    const isOfFile = error instanceof SyntaxError || ['ENOENT', 'EISDIR', 'EACCES', 'Z_DATA_ERROR', 'Z_BUF_ERROR'].includes(String(code));
    console.error(isOfArguments || isOfUser || isOfFile ? (error as Error).message : error);
    if (error instanceof DomainError && Array.isArray(error.details['problems'])) console.error(error.details['problems'].join('\n'));
    process.exitCode = isOfArguments ? 2 : 1;
  }
}

/** Runs `work` over the database of the deployment, and closes it whatever happens. */
export async function withFraud(work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const config = new AppConfig(deploymentEnvironment());
  const imports = [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, FraudCoreModule, BacktestModule];
  const app = await NestFactory.createApplicationContext(
    { module: FraudCommandModule, imports },
    { logger: ['error'], abortOnError: false },
  );
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

/** The environment; without a database in it, that of the `npm start` which runs in UPP_DATA_DIR. */
function deploymentEnvironment(): Environment {
  const environment = processEnvironment();
  const { dataDir, databaseUrl } = readSettings(environment);
  const started = databaseUrl === null ? readCredentials(dataDir) : null;
  const startedUrl = started?.databaseUrl ?? null;
  if (startedUrl === null) return environment;
  const { apiKeyPepper, encryptionKey, sandboxKey } = loadSecrets(dataDir);
  return {
    API_KEY_PEPPER: apiKeyPepper,
    ENCRYPTION_KEY: encryptionKey,
    STRIPE_SECRET_KEY: sandboxKey,
    ...environment,
    DATABASE_URL: startedUrl,
  };
}

/** A whole number of an option. @throws UsageError when it is none, or below the minimum. */
export function wholeNumber(option: string, value: string, minimum: number): number {
  const number = Number(value);
  if (!/^\d{1,9}$/.test(value) || number < minimum) throw new UsageError(`--${option} must be a whole number from ${minimum}`);
  return number;
}
