import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { AppConfig } from './app-config.js';

/** Offers {@link AppConfig} everywhere; the process's own `main.ts` validates it before anything else starts. */
@Global()
@Module({})
export class ConfigurationModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: ConfigurationModule,
      imports: [ConfigModule.forRoot({ ignoreEnvFile: true, skipProcessEnv: true, load: [() => ({ app: config })] })],
      providers: [
        { provide: AppConfig, inject: [ConfigService], useFactory: (service: ConfigService) => service.getOrThrow<AppConfig>('app') },
      ],
      exports: [AppConfig],
    };
  }
}
