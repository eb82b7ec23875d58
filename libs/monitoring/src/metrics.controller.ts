import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { AppConfig, IsSafeInteger } from '#platform';
import { CurrentPrincipal, type Principal, RequireScope } from '#security';
import { type BusinessMetrics, BusinessMetricsService } from './business-metrics.service.js';
import { OperationalGauges } from './operational-gauges.js';

/** How far back business metrics look. */
export class BusinessMetricsQuery {
  /** Hours back from now, 1 to 720; 24 by default. */
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value) as unknown)
  @IsSafeInteger(1, 720)
  hours?: number;
}

/** The business in numbers. */
@ApiTags('monitoring')
@ApiBearerAuth()
@Controller('metrics')
export class BusinessMetricsController {
  constructor(
    private readonly metrics: BusinessMetricsService,
    private readonly config: AppConfig,
  ) {}

  /** Payments, money, devices and fraud of the last hours: of the caller's merchant, or of all for METRICS_TOKEN. */
  @Get()
  @RequireScope('metrics:read')
  @ApiOkResponse({ description: 'Business metrics; amounts in minor units, by currency' })
  read(@CurrentPrincipal() principal: Principal, @Query() { hours = 24 }: BusinessMetricsQuery): Promise<BusinessMetrics> {
    return this.metrics.read(hours, { merchantId: principal.merchantId, livemode: this.config.isLive });
  }
}

/** Prometheus's way in. The path is given to it by PrometheusModule. */
@ApiTags('monitoring')
@ApiBearerAuth()
@Controller()
export class PrometheusTextController {
  constructor(private readonly gauges: OperationalGauges) {}

  /** Every counter and gauge of this process. Each replica is asked on its own. */
  @Get()
  @RequireScope('metrics:read')
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: "Prometheus's text format" })
  async read(@Res() reply: FastifyReply): Promise<void> {
    const { contentType, text } = await this.gauges.exposition();
    await reply.header('content-type', contentType).send(text);
  }
}
