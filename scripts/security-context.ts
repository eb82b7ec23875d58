/** The security library without HTTP, for commands. */
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppConfig, ClockModule, ConfigurationModule, DatabaseModule, type Environment } from '#platform';
import { SecurityCoreModule } from '#security';

@Module({})
class SecurityCommandModule {}

/** Runs `work` with the services of the security library and closes them, whatever happens. */
export async function withSecurity<T>(environment: Environment, work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const config = new AppConfig(environment);
  const imports = [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, SecurityCoreModule];
  const app = await NestFactory.createApplicationContext(
    { module: SecurityCommandModule, imports },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
