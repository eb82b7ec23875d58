import { Injectable } from '@nestjs/common';
import { Clock, MINUTE_MS } from '#kernel';
import { BackupRunsRepository } from '#operations';
import { PaymentsRepository } from '#payments';
import { StripeProbe } from '#stripe';
import { CertificateHealth } from '../indicators/certificate.health.js';
import { QueuesRepository } from '../queues.repository.js';
import type { DeploymentReadings } from './alert-rules.js';
import { AlertsRepository } from './alerts.repository.js';

const PAYMENTS_WINDOW_MS = 15 * MINUTE_MS;

/** What this process knows of the world outside the database. */
@Injectable()
export class Surroundings {
  constructor(
    private readonly stripe: StripeProbe,
    private readonly certificate: CertificateHealth,
  ) {}

  read(): Pick<DeploymentReadings, 'stripe' | 'certificateRatio'> {
    return { stripe: this.stripe.latest?.outcome ?? null, certificateRatio: this.certificate.remainingRatio };
  }
}

/** Gathers what the rules look at. */
@Injectable()
export class AlertReadings {
  constructor(
    private readonly alerts: AlertsRepository,
    private readonly queues: QueuesRepository,
    private readonly payments: PaymentsRepository,
    private readonly backups: BackupRunsRepository,
    private readonly surroundings: Surroundings,
    private readonly clock: Clock,
  ) {}

  async read(): Promise<DeploymentReadings> {
    const ages = await this.backups.ages();
    return {
      payments: await this.alerts.countPayments(new Date(this.clock.now().getTime() - PAYMENTS_WINDOW_MS)),
      queues: await this.queues.listQueues(),
      deadWebhooks: await this.queues.countDeadWebhooks(),
      backFillBehindSeconds: await this.queues.backFillBehindSeconds(),
      breaks: await this.queues.countBreaks(),
      unknownOutcomeSeconds: (await this.payments.unknownOutcomes()).oldestSeconds,
      criticalIncidents: await this.alerts.countCriticalIncidents(),
      ...ages,
      failedRuns: await this.backups.failures(),
      modelDrift: await this.alerts.findModelDrift(),
      ...this.surroundings.read(),
    };
  }
}
