/** The part of the product that operators' scripts need: no listener, no payments. */
import 'reflect-metadata';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OperationsModule } from '#operations';
import { AppConfig, ClockModule, ConfigError, ConfigurationModule, DatabaseModule, processEnvironment } from '#platform';

@Module({})
class OperationsContextModule {}

/**
 * Runs one command over the environment of the deployment; what goes wrong is one line and exit code 1.
 *
 * @param work - Gets the services; what it returns is printed.
 */
export async function runOperation(work: (app: INestApplicationContext) => Promise<string>): Promise<void> {
  let app: INestApplicationContext | undefined;
  try {
    const config = new AppConfig(processEnvironment());
    app = await NestFactory.createApplicationContext(
      { module: OperationsContextModule, imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, OperationsModule] },
      { logger: ['error', 'warn'], abortOnError: false },
    );
    console.log(await work(app));
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : (error as Error).message);
    process.exitCode = 1;
  } finally {
    await app?.close();
  }
}
