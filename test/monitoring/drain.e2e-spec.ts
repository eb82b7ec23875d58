import http from 'node:http';
import net from 'node:net';
import { createTestDatabase, freePorts, spawnProcess, type SpawnedProcess, type TestDatabase, waitFor } from '#test';
import { seedFirstRun } from '../../scripts/first-run.js';

describe('draining on SIGTERM', () => {
  let database: TestDatabase;
  let api: SpawnedProcess | undefined;
  let port: number;
  let apiKey: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    [port = 0] = await freePorts(1);
    const environment = {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      PORT: String(port),
      STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
      STRIPE_API_BASE: 'http://127.0.0.1:9',
      API_KEY_PEPPER: 'pepper-of-the-tests-0123456789abcdef',
      ENCRYPTION_KEY: 'encryption-key-of-the-tests-0123456789',
      HEALTH_STRIPE_PROBE_INTERVAL_MS: '0',
      SHUTDOWN_DRAIN_DELAY_MS: '1500',
    };
    apiKey = (await seedFirstRun(environment)).apiKey;
    api = spawnProcess([process.execPath, 'dist/apps/api/src/main.js'], { env: environment });
    await api.waitForOutput(/listens on/);
  });

  afterAll(async () => {
    api?.killTree();
    await database.drop();
  });

  it('loses no request: health says 503 first, what runs is finished, and only then the process ends', async () => {
    const slow = beginSlowRequest(port, apiKey);
    await waitFor(() => slow.hasBegun);
    const balancer = new LoadBalancer(port);
    const load = balancer.run();
    await waitFor(() => balancer.answers.length > 50);

    api!.signal('SIGTERM');
    await load;
    await waitFor(() => isRefused(port));
    slow.finish();

    expect(balancer.failures).toEqual([]);
    expect(balancer.answers.every((status) => status === 200)).toBe(true);
    expect(balancer.healthAfterSignal).toBe(503);
    await expect(slow.answer).resolves.toMatch(/^HTTP\/1\.1 201 /);
    await expect(api!.exited).resolves.toBeDefined();
  });
});

/** Sends requests over kept connections for as long as the health check says 200, as load balancers do. */
class LoadBalancer {
  readonly answers: number[] = [];
  readonly failures: unknown[] = [];
  healthAfterSignal = 200;
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

  constructor(private readonly port: number) {}

  async run(): Promise<void> {
    const health = this.watchHealth();
    await Promise.all([health, ...Array.from({ length: 8 }, () => this.sendUntilUnhealthy())]);
    this.agent.destroy();
  }

  private async watchHealth(): Promise<void> {
    while (this.healthAfterSignal === 200) this.healthAfterSignal = await this.get('/health');
  }

  private async sendUntilUnhealthy(): Promise<void> {
    while (this.healthAfterSignal === 200) {
      try {
        this.answers.push(await this.get('/ping'));
      } catch (error) {
        this.failures.push(error);
      }
    }
  }

  private get(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      http
        .get({ host: '127.0.0.1', port: this.port, path, agent: this.agent }, (response) => {
          response.resume().once('end', () => {
            resolve(response.statusCode ?? 0);
          });
        })
        .once('error', reject);
    });
  }
}

/** A request whose body is on its way when the signal comes and complete only after the listener has closed. */
function beginSlowRequest(port: number, apiKey: string): { hasBegun: boolean; finish: () => void; answer: Promise<string> } {
  const body = JSON.stringify({ type: 'smartphone', fingerprint: 'slow-request', capabilities: ['nfc'] });
  const socket = net.connect(port, '127.0.0.1');
  const slow = {
    hasBegun: false,
    finish: () => {
      socket.write(body.slice(10));
    },
    answer: new Promise<string>((resolve, reject) => {
      socket.once('data', (data) => {
        resolve(data.toString());
      });
      socket.once('error', reject);
    }),
  };
  const head = `POST /api/devices HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${apiKey}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.write(head + body.slice(0, 10), () => {
    slow.hasBegun = true;
  });
  return slow;
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => {
      resolve(true);
    });
  });
}
