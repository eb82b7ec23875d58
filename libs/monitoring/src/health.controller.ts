import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticator, Public } from '#security';
import { DatabaseHealth } from './indicators/database.health.js';
import { MigrationsHealth } from './indicators/migrations.health.js';
import { WebhookInboxHealth } from './indicators/webhook-inbox.health.js';

/** Whether the process is alive, and whether it can serve. */
@ApiTags('monitoring')
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly authenticator: Authenticator,
    private readonly database: DatabaseHealth,
    private readonly migrations: MigrationsHealth,
    private readonly inbox: WebhookInboxHealth,
  ) {}

  /** Liveness: answers as long as the event loop turns, and asks nobody else. */
  @Get('ping')
  @Public()
  ping(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Readiness: 200 while this process can serve, also degraded; 503 without database, with pending migrations or while draining. */
  @Get('health')
  @Public()
  async check(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const result = await this.health
      .check([() => this.database.check(), () => this.migrations.check(), () => this.inbox.check()])
      .catch((error: unknown) => (error as { getResponse(): Awaited<ReturnType<HealthCheckService['check']>> }).getResponse());
    const mayReadDetails = await this.mayReadDetails(request);
    const statuses = Object.fromEntries(Object.entries(result.details).map(([name, { status }]) => [name, { status }]));
    const isReady = result.status === 'ok' || result.status === 'degraded';
    await reply.status(isReady ? 200 : 503).send({ status: result.status, details: mayReadDetails ? result.details : statuses });
  }

  private async mayReadDetails(request: FastifyRequest): Promise<boolean> {
    const principal = await this.authenticator.identify(request).catch(() => null);
    return principal?.scopes.has('health:read') ?? false;
  }
}
