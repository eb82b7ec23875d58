/**
 * Rebuilds every current row from the ledger and compares: `npm run ledger:verify`. Changes nothing.
 *
 * Exit code 0 when there are no differences, 1 when there are (rows are named), 2 when the ledger could not be read.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LedgerRepository, SpendingLimitsRepository } from '#payments';
import { AppConfig, ClockModule, ConfigurationModule, DatabaseModule, processEnvironment } from '#platform';

// Beyond these the count says enough.
const MAX_NAMED = 100;

@Module({})
class LedgerModule {}

try {
  const config = new AppConfig(processEnvironment());
  const app = await NestFactory.createApplicationContext(
    {
      module: LedgerModule,
      imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule],
      providers: [LedgerRepository, SpendingLimitsRepository],
    },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  const ledger = app.get(LedgerRepository);
  const differences = await ledger.findDifferences();
  for (const { id, field, row, ledger: expected } of differences.slice(0, MAX_NAMED))
    console.error(`${id}: ${field} is ${row ?? 'absent'}, the ledger says ${expected ?? 'otherwise'}`);
  console.log(`${await ledger.count()} payments compared, ${differences.length} differences.`);
  process.exitCode = differences.length === 0 ? 0 : 1;
  await app.close();
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
