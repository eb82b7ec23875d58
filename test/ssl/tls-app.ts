/** A small application behind the product's own TLS, and clients that really shake hands with it. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import tls from 'node:tls';
import { Controller, Get, Global, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock } from '#kernel';
import { AppConfig, ConfigurationModule, createHttpApplication, DatabaseModule } from '#platform';
import { AcmeService, CertificateService, CertificateWatch, fastifyTlsOptions, SslModule, startTls } from '#ssl';

/** The machine's clock, moved by a test: certificates age without waiting. */
export class MovedClock extends Clock {
  private aheadMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }

  override monotonicMs(): number {
    return performance.now() + this.aheadMs;
  }

  /** Moves the clock forward, or back with a negative number. */
  advance(ms: number): void {
    this.aheadMs += ms;
  }
}

/** An application that listens. */
export interface TlsApp {
  readonly port: number;
  readonly plainHttpPort: number | null;
  readonly certificates: CertificateService;
  readonly acme: AcmeService;
  readonly watch: CertificateWatch;
  readonly close: () => Promise<void>;
}

@Controller()
class EchoController {
  @Get('/console')
  page(): { page: string } {
    return { page: 'console' };
  }
}

/** Starts the application; `environment` holds the TLS variables under test. */
export async function startTlsApp(
  databaseUrl: string,
  environment: Record<string, string>,
  clock: Clock = new MovedClock(),
): Promise<TlsApp> {
  const config = new AppConfig({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '4',
    STRIPE_SECRET_KEY: 'sk_test_0123456789',
    API_KEY_PEPPER: 'p'.repeat(32),
    ENCRYPTION_KEY: 'e'.repeat(32),
    TLS_PLAIN_HTTP_PORT: '0',
    // Looks happen when a test asks for them.
    TLS_CHECK_INTERVAL_MS: '3600000',
    ...environment,
  });

  @Global()
  @Module({ providers: [{ provide: Clock, useValue: clock }], exports: [Clock] })
  class ClockModule {}
  @Module({ imports: [ConfigurationModule.forRoot(config), ClockModule, DatabaseModule, SslModule], controllers: [EchoController] })
  class TlsAppModule {}

  const app: NestFastifyApplication = await createHttpApplication(TlsAppModule, config, {
    ...(config.tls.mode === 'off' ? {} : { tls: fastifyTlsOptions() }),
    logLevels: [],
  });
  const plainHttpPort = await startTls(app);
  await app.listen(0, '127.0.0.1');
  return {
    port: (app.getHttpServer().address() as AddressInfo).port,
    plainHttpPort,
    certificates: app.get(CertificateService),
    acme: app.get(AcmeService, { strict: false }),
    watch: app.get(CertificateWatch),
    close: () => app.close(),
  };
}

/** What a finished handshake agreed on. */
export interface Handshake {
  readonly protocol: string | null;
  readonly alpn: string | false | null;
  readonly cipher: string;
  readonly fingerprint: string;
  readonly keyType: 'ec' | 'rsa';
}

/** Shakes hands and hangs up. @throws Error of OpenSSL when either side refuses. */
export async function shakeHands(port: number, options: tls.ConnectionOptions): Promise<Handshake> {
  const socket = tls.connect({ host: '127.0.0.1', port, ALPNProtocols: ['h2', 'http/1.1'], ...options });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerCertificate();
  const agreed: Handshake = {
    protocol: socket.getProtocol(),
    alpn: socket.alpnProtocol,
    cipher: socket.getCipher().standardName,
    fingerprint: certificate.fingerprint256,
    keyType: certificate.asn1Curve === undefined ? 'rsa' : 'ec',
  };
  socket.destroy();
  return agreed;
}

/**
 * Ports nobody listens on just now, below those that the system gives to clients and to servers on port 0: two suites at the same time
 * would get each other's.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    await once(server.close(), 'close');
    return true;
  } catch {
    // Taken: the caller draws another.
    return false;
  }
}
