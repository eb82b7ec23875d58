import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { register } from 'prom-client';
import { requiresProgram } from '#test';
// Everything that counts is behind these front doors.
import '#monitoring';
import '#webhooks';

const GRAFANA = 'deploy/grafana';
const RULES = 'deploy/prometheus/alerts.yml';

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const dashboards = readdirSync(GRAFANA).map((file) => JSON.parse(readFileSync(path.join(GRAFANA, file), 'utf8')) as Dashboard);
const queries = dashboards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)));

/** The series of every metric, histograms with their parts. */
function seriesNames(): Set<string> {
  return new Set(
    register.getMetricsAsArray().flatMap(({ name, type }) =>
      // prom-client names types by numbers in its declaration and by words when it runs.
      String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}

function metricsIn(query: string): string[] {
  return query.match(/\b(?:upp|process|nodejs)_[a-z0-9_]+\b/g) ?? [];
}

describe('what is deployed beside the product', () => {
  it('asks Grafana only for metrics that exist', () => {
    const known = seriesNames();

    expect(queries.length).toBeGreaterThan(30);
    expect(queries.flatMap(metricsIn).filter((name) => !known.has(name))).toEqual([]);
  });

  it('alerts only on metrics that exist', () => {
    const known = seriesNames();
    const named = metricsIn(readFileSync(RULES, 'utf8'));

    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('gives each dashboard an id of its own and each panel a query', () => {
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
    for (const { panels } of dashboards) for (const { targets } of panels) expect(targets.length).toBeGreaterThan(0);
  });

  it('shows every metric of the product on a dashboard or in an alert', () => {
    const shown = new Set([...queries, readFileSync(RULES, 'utf8')].flatMap(metricsIn));
    const hidden = register
      .getMetricsAsArray()
      .map(({ name }) => name)
      .filter((name) => name.startsWith('upp_') && ![name, `${name}_bucket`, `${name}_count`].some((series) => shown.has(series)));

    expect(hidden).toEqual(['upp_database_gauges_up']);
  });

  it('has a section of the runbook for each alert', () => {
    const runbook = readFileSync('docs/operations.md', 'utf8');
    const alerts = [...readFileSync(RULES, 'utf8').matchAll(/alert: (\w+)/g)].map((match) => match[1] ?? '');

    expect(alerts.length).toBeGreaterThan(15);
    expect(alerts.filter((alert) => !runbook.includes(`### ${alert}\n`))).toEqual([]);
  });

  requiresProgram('promtool')('promtool', () => {
    it.each([
      ['the rules', ['check', 'rules', RULES]],
      ['the rules against examples', ['test', 'rules', 'deploy/prometheus/alerts.test.yml']],
      ['the configuration', ['check', 'config', 'deploy/prometheus/prometheus.yml']],
    ])('accepts %s', (_, args) => {
      const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });

      expect(status === 0 ? '' : stdout + stderr).toBe('');
    });

    it('can read every query of the dashboards', () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'upp-queries-'));
      const file = path.join(folder, 'queries.yml');
      const rules = queries.map((query, index) => ({ record: `query:${index}`, expr: query.replaceAll('$__rate_interval', '5m') }));
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }));

      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });

      expect(status === 0 ? '' : stdout + stderr).toBe('');
    });
  });
});
