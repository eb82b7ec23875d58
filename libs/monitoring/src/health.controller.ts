import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticator, Public } from '#security';
import { type Health, HealthReport } from './health-report.js';

/** Whether the process is alive, and whether it can serve. */
@ApiTags('monitoring')
@Controller()
export class HealthController {
  private hasStarted = false;

  constructor(
    private readonly report: HealthReport,
    private readonly authenticator: Authenticator,
  ) {}

  /** Liveness: answers as long as the event loop turns, and asks nobody else. */
  @Get('ping')
  @Public()
  ping(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** As {@link ping}, by the name that probes look for. */
  @Get('livez')
  @Public()
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** For a load balancer's or Kubernetes' probe: whether this process can serve, in one word. */
  @Get('readyz')
  @Public()
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const { isReady } = await this.report.read();
    this.hasStarted ||= isReady;
    await reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not_ready' });
  }

  /** Whether this process has been ready once: a start-up probe leaves it alone from then on. */
  @Get('startupz')
  @Public()
  async started(@Res() reply: FastifyReply): Promise<void> {
    this.hasStarted ||= (await this.report.read()).isReady;
    await reply.status(this.hasStarted ? 200 : 503).send({ status: this.hasStarted ? 'started' : 'starting' });
  }

  /** Readiness: 200 while this process can serve, also degraded; 503 without database, with pending migrations or while draining. */
  @Get('health')
  @Public()
  async check(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const health = await this.report.read();
    const mayReadDetails = await this.mayReadDetails(request);
    await reply.status(health.isReady ? 200 : 503).send(healthResponseOf(health, mayReadDetails));
  }

  private async mayReadDetails(request: FastifyRequest): Promise<boolean> {
    const principal = await this.authenticator.identify(request).catch(() => null);
    return principal?.scopes.has('health:read') ?? false;
  }
}

/** The body of the answer: everybody reads the statuses, only the authorised what is behind them. */
export function healthResponseOf({ status, details }: Health, mayReadDetails: boolean): { status: string; details: unknown } {
  const statuses = Object.fromEntries(Object.entries(details).map(([name, each]) => [name, { status: each.status }]));
  return { status, details: mayReadDetails ? details : statuses };
}
