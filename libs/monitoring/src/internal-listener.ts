/** A second listener for the private network: probes and scrapers without credentials, and never the API. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '#platform';
import { BusinessMetricsService } from './business-metrics.service.js';
import { healthResponseOf } from './health.controller.js';
import { HealthReport } from './health-report.js';
import { OperationalGauges } from './operational-gauges.js';

/** Whoever reaches it is trusted to read: with the details of health, and everybody's business metrics. */
@Injectable()
export class InternalListener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('InternalListener');
  private server: Server | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly health: HealthReport,
    private readonly gauges: OperationalGauges,
    private readonly business: BusinessMetricsService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { host, port } = this.config.monitoring;
    if (port === 0) return;
    const server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        this.logger.error({ event: 'monitoring_request_failed', error });
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
    this.server = server;
  }

  /** The last to close: probes must be able to read "shutting down" until the end. */
  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0];
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    };
    if (request.method !== 'GET') {
      json(405, { status: 'method_not_allowed' });
    } else if (path === '/ping') {
      json(200, { status: 'ok' });
    } else if (path === '/health') {
      const health = await this.health.read();
      json(health.isReady ? 200 : 503, healthResponseOf(health, true));
    } else if (path === '/metrics') {
      json(200, await this.business.read(24, { merchantId: null, livemode: this.config.isLive }));
    } else if (path === '/metrics/prometheus') {
      const { contentType, text } = await this.gauges.exposition();
      response.writeHead(200, { 'content-type': contentType }).end(text);
    } else {
      json(404, { status: 'not_found' });
    }
  }
}
