import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppConfig } from '#platform';
import { requiresProgram } from '#test';
import { faultsOf, type Manifest, manifestsIn, manifestsOf } from './kubernetes.js';

const FOLDER = path.resolve('deploy/kubernetes');
const BASE = path.join(FOLDER, 'base');

describe('faultsOf', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } };

  it.each([
    { what: 'nothing in what is right', manifest: service, faults: [] },
    {
      what: 'a misspelt field',
      manifest: { ...service, spec: { ports: [{ port: 80, targetport: 1 }] } },
      faults: [/ports\.0\.targetport is no field/],
    },
    { what: 'a wrong type', manifest: { ...service, spec: { ports: [{ port: 'http' }] } }, faults: [/port/] },
    {
      what: 'a missing field',
      manifest: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: {} },
      faults: [/required/],
    },
  ])('finds $what', async ({ manifest, faults }) => {
    expect(await faultsOf(manifest)).toEqual(faults.map((fault) => expect.stringMatching(fault) as string));
  });
});

describe('the base', () => {
  const kustomization = manifestsIn(path.join(BASE, 'kustomization.yaml'))[0] as { resources: string[] };
  const manifests = kustomization.resources.flatMap((file) => manifestsIn(path.join(BASE, file)));

  it('lists every file', () => {
    const files = readdirSync(BASE).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');

    expect(files.sort()).toEqual([...kustomization.resources].sort());
  });

  describeManifests(() => manifests);

  it('sets only variables that the product reads', () => {
    const names = readFileSync(path.join(BASE, 'settings.env'), 'utf8').match(/^\w+(?==)/gm) ?? [];

    expect(names.filter((name) => !AppConfig.variableNames().includes(name))).toEqual([]);
    expect(names).toContain('PORT');
  });

  it('runs programs that exist', () => {
    const programs = containersOf(manifests).map((container: Manifest) => container.args.at(-1) as string);

    expect(programs.sort()).toEqual(['dist/apps/api/src/main.js', 'dist/apps/worker/src/main.js', 'dist/scripts/migrate.js']);
    expect(programs.filter((program) => !existsSync(program.replace(/^dist/, '.').replace(/js$/, 'ts')))).toEqual([]);
  });
});

requiresProgram('kubectl')('the overlays', () => {
  const render = (overlay: string): Manifest[] =>
    manifestsOf(execFileSync('kubectl', ['kustomize', path.join(FOLDER, 'overlays', overlay)], { encoding: 'utf8' }));

  describe.each(readdirSync(path.join(FOLDER, 'overlays')))('%s', (overlay) => {
    let manifests: Manifest[];

    beforeAll(() => {
      manifests = render(overlay);
    });

    describeManifests(() => manifests);

    it('names a version of the image', () => {
      const images = containersOf(manifests).map((container: Manifest) => container.image as string);

      expect(new Set(images).size).toBe(1);
      expect(images[0]).toMatch(/\/upp:\d+\.\d+\.\d+$/);
    });

    it('keeps everything in one namespace, which it makes', () => {
      const namespace = manifests.find((manifest: Manifest) => manifest.kind === 'Namespace').metadata.name as string;

      expect(
        new Set(manifests.filter((each: Manifest) => each.kind !== 'Namespace').map((each: Manifest) => each.metadata.namespace)),
      ).toEqual(new Set([namespace]));
    });

    it('redirects the pages of the name that the ingress serves', () => {
      const host = manifests.find((manifest: Manifest) => manifest.kind === 'Ingress').spec.rules[0].host as string;

      expect(manifests.find((manifest: Manifest) => manifest.kind === 'ConfigMap').data.TLS_NAMES).toBe(host);
    });
  });
});

/** What holds for the base and for every overlay. */
function describeManifests(manifestsOfSuite: () => Manifest[]): void {
  const ofKind = (kind: string): Manifest[] => manifestsOfSuite().filter((manifest: Manifest) => manifest.kind === kind);

  it('is what Kubernetes accepts, without a field that it does not know', async () => {
    expect((await Promise.all(manifestsOfSuite().map(faultsOf))).flat()).toEqual([]);
  });

  it('runs as somebody without privileges on a file system that nobody can write', () => {
    for (const pod of podsOf(manifestsOfSuite())) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({
          requests: { cpu: expect.anything() as unknown },
          limits: { memory: expect.anything() as unknown },
        });
      }
    }
  });

  it('asks no dependency whether a process is alive', () => {
    for (const deployment of ofKind('Deployment')) {
      const [container] = deployment.spec.template.spec.containers;

      expect(container.livenessProbe.httpGet).toEqual({ path: '/ping', port: 'http' });
      expect(container.startupProbe.httpGet).toEqual({ path: '/ping', port: 'http' });
      expect(container.readinessProbe.httpGet).toEqual({ path: '/health', port: 'http' });
    }
  });

  it('gives a process longer than its own drain takes', () => {
    for (const deployment of ofKind('Deployment')) {
      const { containers, terminationGracePeriodSeconds } = deployment.spec.template.spec;
      const preStopSeconds = Number(containers[0].lifecycle?.preStop.exec.command[1] ?? 0);

      expect(terminationGracePeriodSeconds).toBeGreaterThan(preStopSeconds + 25);
    }
  });

  it('selects by labels that some pod has', () => {
    const labels = ['Deployment', 'Job']
      .flatMap(ofKind)
      .map((each: Manifest) => each.spec.template.metadata.labels['app.kubernetes.io/name'] as string);
    const selected = [
      ...ofKind('Service').map((each: Manifest) => each.spec.selector['app.kubernetes.io/name'] as string),
      ...[...ofKind('Deployment'), ...ofKind('PodDisruptionBudget')].map(
        (each: Manifest) => each.spec.selector.matchLabels['app.kubernetes.io/name'] as string,
      ),
      ...ofKind('NetworkPolicy').flatMap(
        (each: Manifest) => (each.spec.podSelector.matchLabels?.['app.kubernetes.io/name'] as string | undefined) ?? [],
      ),
    ];

    expect(selected.length).toBeGreaterThan(6);
    expect(selected.filter((name) => !labels.includes(name))).toEqual([]);
  });

  it('points the autoscaler and the ingress at what exists', () => {
    const [autoscaler] = ofKind('HorizontalPodAutoscaler');
    const [ingress] = ofKind('Ingress');
    const { name, port } = ingress.spec.rules[0].http.paths[0].backend.service;

    expect(ofKind('Deployment').map((each: Manifest) => each.metadata.name as string)).toContain(autoscaler.spec.scaleTargetRef.name);
    const service = ofKind('Service').find((each: Manifest) => each.metadata.name === name);
    expect(service.spec.ports.map((each: Manifest) => each.name as string)).toContain(port.name);
  });

  it('denies every connection that no policy names', () => {
    const denyAll = ofKind('NetworkPolicy').filter((each: Manifest) => Object.keys(each.spec.podSelector as object).length === 0);

    expect(denyAll.map((each: Manifest) => each.spec as unknown)).toEqual([{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }]);
  });
}

function podsOf(manifests: Manifest[]): Manifest[] {
  return manifests.flatMap((manifest: Manifest) => (manifest.spec?.template?.spec === undefined ? [] : [manifest.spec.template.spec]));
}

function containersOf(manifests: Manifest[]): Manifest[] {
  return podsOf(manifests).flatMap((pod: Manifest) => pod.containers as Manifest[]);
}
