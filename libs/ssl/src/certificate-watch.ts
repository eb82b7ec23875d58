import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { AppConfig } from '#platform';
import { AcmeService } from './acme.service.js';
import { CertificateService, describe } from './certificate.service.js';

/** Looks after the certificates while the process runs: renews them when it is time and takes up what others have renewed. */
@Injectable()
export class CertificateWatch implements OnModuleDestroy {
  private readonly logger = new Logger(CertificateWatch.name);
  private timer: NodeJS.Timeout | null = null;
  private isOver = false;
  private look: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly acme: AcmeService,
    private readonly certificates: CertificateService,
  ) {}

  /** Begins with a look at once. Called when the listeners are up: the certificate authority's question comes through one of them. */
  start(): void {
    if (this.config.tls.mode === 'off' || this.timer !== null) return;
    this.timer = setInterval(() => void this.lookOnce(), this.config.tls.checkIntervalMs);
    void this.lookOnce();
  }

  /** Ends the watch. A look in progress comes to nothing: the database is closed under it. */
  onModuleDestroy(): void {
    this.isOver = true;
    if (this.timer !== null) clearInterval(this.timer);
  }

  /** One look, shared by those who ask while it lasts. */
  async lookOnce(): Promise<void> {
    this.look ??= this.renewAndReload().finally(() => {
      this.look = null;
    });
    return this.look;
  }

  private async renewAndReload(): Promise<void> {
    // First what others renewed: it must not wait while this replica orders, which takes up to minutes.
    await this.certificates.reload();
    if (this.config.tls.mode !== 'acme') return;
    try {
      if ((await this.acme.renewIfDue()) === 'renewed') await this.certificates.reload();
    } catch (error) {
      if (!this.isOver) this.logger.error({ event: 'certificate_watch_failed', error: describe(error) });
    }
  }
}
