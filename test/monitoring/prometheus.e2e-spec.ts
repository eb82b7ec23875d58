import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePorts, requiresProgram, spawnProcess, type SpawnedProcess, waitFor } from '#test';
import { TestSystem } from '../support/test-system.js';

interface FiredAlert {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

requiresProgram('prometheus', 'prometheus-alertmanager')('Prometheus and Alertmanager', () => {
  let folder: string;
  let system: TestSystem;
  let pager: Server;
  let prometheusUrl: string;
  const processes: SpawnedProcess[] = [];
  const fired: FiredAlert[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'upp-prometheus-'));
    const [monitoringPort = 0, prometheusPort = 0, alertmanagerPort = 0] = await freePorts(3);
    prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
    system = await TestSystem.start({ environment: { MONITORING_PORT: String(monitoringPort) } });
    pager = await startPager(fired);
    writeAlertmanager(folder, (pager.address() as AddressInfo).port);
    writePrometheus(folder, { monitoringPort, alertmanagerPort });
    processes.push(
      spawnProcess([
        'prometheus-alertmanager',
        `--config.file=${folder}/alertmanager.yml`,
        `--storage.path=${folder}/alertmanager`,
        `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
        '--cluster.listen-address=',
      ]),
      spawnProcess([
        'prometheus',
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
      ]),
    );
  });

  afterAll(async () => {
    for (const each of processes) await each.stop();
    await system.stop();
    await new Promise((resolve) => pager.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('scrape the product, and page somebody with the rule, the summary and the runbook', async () => {
    await waitFor(async () => (await query('up{job="upp"}')) === '1', { timeoutMs: 20_000 });
    expect(await query('upp_dependency_health{dependency="database"}')).toBe('1');

    await system.database.query(`insert into webhook_dead (event_sequence, attempts, last_error) values (1, 10, 'broken')`);

    const alert = await waitFor(() => fired.find(({ labels }) => labels['alertname'] === 'UppWebhookDead'), { timeoutMs: 60_000 });
    expect(alert).toMatchObject({
      status: 'firing',
      labels: { severity: 'warning' },
      annotations: {
        summary: '1 webhook events could not be processed and wait for a person',
        runbook: 'docs/operations.md#uppwebhookdead',
      },
    });
  }, 90_000);

  async function query(expression: string): Promise<string | undefined> {
    const response = await fetch(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result[0]?.value[1];
  }
});

async function startPager(fired: FiredAlert[]): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      fired.push(...(JSON.parse(body) as { alerts: FiredAlert[] }).alerts);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function writeAlertmanager(folder: string, pagerPort: number): void {
  mkdirSync(path.join(folder, 'alertmanager'));
  writeFileSync(
    path.join(folder, 'alertmanager.yml'),
    JSON.stringify({
      route: { receiver: 'pager', group_wait: '1s', group_interval: '1s' },
      receivers: [{ name: 'pager', webhook_configs: [{ url: `http://127.0.0.1:${pagerPort}/` }] }],
    }),
  );
}

/** The rules as they are deployed, looked at every second. */
function writePrometheus(folder: string, ports: { monitoringPort: number; alertmanagerPort: number }): void {
  writeFileSync(path.join(folder, 'alerts.yml'), readFileSync('deploy/prometheus/alerts.yml'));
  writeFileSync(
    path.join(folder, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [path.join(folder, 'alerts.yml')],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanagerPort}`] }] }] },
      scrape_configs: [
        { job_name: 'upp', metrics_path: '/metrics/prometheus', static_configs: [{ targets: [`127.0.0.1:${ports.monitoringPort}`] }] },
      ],
    }),
  );
}
