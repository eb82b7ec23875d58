import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { pendingMigrations } from '#migrations';
import { Database } from '#platform';

/** Whether the schema is the one this build was written for. Once it is, it stays so: nobody migrates down under a running process. */
@Injectable()
export class MigrationsHealth {
  private isCurrent = false;

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('migrations');
    if (this.isCurrent) return indicator.up();
    try {
      const pending = await pendingMigrations((sql) => this.database.query(sql));
      this.isCurrent = pending.length === 0;
      return this.isCurrent ? indicator.up() : indicator.down({ pending });
    } catch {
      return indicator.down('cannot be read');
    }
  }
}
