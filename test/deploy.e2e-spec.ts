import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigMap, Service } from 'kubernetes-models/v1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { parse, parseAllDocuments } from 'yaml';
import { section } from '../src/config/kinds/section.kind.js';
import { interpolate } from '../src/config/loading/interpolate.js';
import { loadSettings } from '../src/config/loading/load-settings.js';
import { placedSettings } from '../src/config/loading/schema.js';
import { Settings } from '../src/config/settings.js';
import { TestGateway } from './support/gateway.js';
import { tableBelow } from './support/markdown-table.js';

const GUIDE = read('docs/operations.md');
const DOCUMENTED = tableBelow('## Metrics', GUIDE);
const DEFAULTS = new Settings();
/** In seconds: what stopping takes at the most. */
const STOPPING = (DEFAULTS.shutdown.spreadMs + DEFAULTS.shutdown.timeoutMs) / 1000;
/** Of those that wait for the last answers. */
const MARGIN = 5;
/** Registered by the process that keeps the workers, where there are several. */
const OF_WORKERS = 'kittiwake_workers';
/** What Prometheus adds to series. */
const ADDED_LABELS = ['job', 'instance', 'le'];

function read(file: string): string {
  return readFileSync(file, 'utf8');
}

/** The metrics that expressions name, without what a histogram adds to its name. */
function metricsIn(expressions: readonly string[]): Set<string> {
  const names = expressions.flatMap((text) => text.match(/\b(?:kittiwake|nodejs|process)_\w+/g) ?? []);
  return new Set(names.map((name) => name.replace(/_seconds_(?:bucket|count|sum)$/, '_seconds')));
}

function labelsIn(expression: string): string[] {
  const lists = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
  return [...lists, ...[...expression.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label)];
}

/** What the test looks at of Grafana's model. */
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  /** None in the head of a row. */
  readonly targets?: readonly { readonly expr: string }[];
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

/** The generators have no declarations: their modules are found by their paths. */
const made = async <T>(file: string, name: string): Promise<T> =>
  ((await import(join(import.meta.dirname, '../deploy', file))) as Record<string, () => T>)[name]!();

const board = await made<{ readonly panels: readonly Panel[] }>('dashboard.mjs', 'dashboard');
const alerts = await made<Rules>('alert-rules.mjs', 'alertRules');
const panels = board.panels.filter(({ targets }) => targets);
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const rules = alerts.groups.flatMap((group) => group.rules);

describe('the files for Grafana and Prometheus', () => {
  it('are what the tables of the guide make them: npm run docs', () => {
    expect(JSON.parse(read('deploy/grafana/kittiwake.json'))).toEqual(board);
    expect(parse(read('deploy/prometheus/kittiwake.rules.yaml'))).toEqual(alerts);
  });

  it('name the metrics that a gateway has, by their type', async () => {
    const gateway = await TestGateway.start();
    const text = await (await fetch(`${gateway.operatorsUrl}/metrics`)).text();
    await gateway.stop();
    const types = new Map(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type]),
    );

    const named = metricsIn([...queries, ...rules.map(({ expr }) => expr)]);
    expect([...named].filter((name) => !types.has(name))).toEqual([OF_WORKERS]);
    for (const { Name = '', Type } of DOCUMENTED)
      if (Name !== OF_WORKERS) expect([Name, types.get(Name)]).toEqual([Name, Type]);
    const ours = [...types.keys()].filter((name) => name.startsWith('kittiwake_'));
    expect(ours.filter((name) => !DOCUMENTED.some(({ Name }) => Name === name))).toEqual([]);
  });

  it('show each metric of the guide in a panel that lies in no other', () => {
    const shown = metricsIn(queries);
    expect(DOCUMENTED.filter(({ Name = '' }) => !shown.has(Name))).toEqual([]);
    const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it('ask for no label that a metric does not have', () => {
    for (const expression of [...queries, ...rules.map(({ expr }) => expr)]) {
      const [name] = metricsIn([expression]);
      const labels: string[] = DOCUMENTED.find(({ Name }) => Name === name)?.['Labels']?.match(/\w+/g) ?? [];
      const unknown = labelsIn(expression).filter(
        (label) => !ADDED_LABELS.includes(label) && !labels.includes(label),
      );
      expect([expression, unknown]).toEqual([expression, []]);
    }
  });

  it('have rules that Prometheus takes, where promtool is there to ask', () => {
    const { status, error, stderr } = spawnSync('promtool', [
      'check',
      'rules',
      'deploy/prometheus/kittiwake.rules.yaml',
    ]);
    if (error) console.warn('promtool is not there: the rules were not checked by it');
    else expect([status, String(stderr)]).toEqual([0, '']);
  });
});

describe('what supervisors are told', () => {
  const unit = new Map(
    [...read('deploy/systemd/kittiwake.service').matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [
      key,
      value,
    ]),
  );
  const compose = parse(read('docker-compose.yml')) as {
    services: { kittiwake: { stop_grace_period: string } };
  };

  it.each([
    ['systemd', Number(unit.get('TimeoutStopSec'))],
    ['Docker', Number.parseInt(compose.services.kittiwake.stop_grace_period, 10)],
    ['the guide', Number(/give it (\d+) s before you kill it/.exec(GUIDE)?.[1])],
  ])('%s leaves a gateway the time to stop', (_, seconds) => {
    expect(seconds).toBeGreaterThanOrEqual(STOPPING + MARGIN);
  });

  it('systemd ends the main process alone, and has it open twice the files of the connections in the guide', () => {
    const [, connections = ''] = /files of ([\d,]+) connections/.exec(GUIDE) ?? [];
    expect(Number(unit.get('LimitNOFILE'))).toBe(2 * Number(connections.replace(',', '')));
    expect(unit.get('KillMode')).toBe('mixed');
    expect(unit.get('ExecStart')).toMatch(/kittiwake start$/);
  });
});

describe('the manifests for Kubernetes', () => {
  const manifests = parseAllDocuments(read('deploy/kubernetes/kittiwake.yaml')).map((one) => one.toJS());
  const [configMap, deployment, service, budget, policy] = manifests;
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  const numbers = new Map(
    tableBelow('## Kubernetes', GUIDE).map(({ Field = '', Value }) => [Field.replaceAll('`', ''), Value]),
  );

  it('fit their schemas', () => {
    for (const model of [
      new ConfigMap(configMap),
      new Deployment(deployment),
      new Service(service),
      new PodDisruptionBudget(budget),
      new NetworkPolicy(policy),
    ])
      expect(() => model.validate()).not.toThrow();
  });

  it('have the numbers of the guide', () => {
    expect(Object.fromEntries(numbers)).toEqual({
      terminationGracePeriodSeconds: String(pod.terminationGracePeriodSeconds),
      'preStop of the container': container.lifecycle.preStop.exec.command[1],
      'readinessProbe, every': String(container.readinessProbe.periodSeconds),
      'livenessProbe, every, times': `${container.livenessProbe.periodSeconds}, ${container.livenessProbe.failureThreshold}`,
      'maxUnavailable of the update': String(deployment.spec.strategy.rollingUpdate.maxUnavailable),
      'maxUnavailable of the budget': String(budget.spec.maxUnavailable),
    });
  });

  it('leave a gateway the time to stop', () => {
    const beforeSigterm = Number(container.lifecycle.preStop.exec.command[1]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(beforeSigterm + STOPPING + MARGIN);
  });

  it('ask for health where it is, and reach what is there', () => {
    const { health, server } = DEFAULTS;
    expect(container.livenessProbe.httpGet.path).toBe(health.livePath);
    expect(container.startupProbe.httpGet.path).toBe(health.livePath);
    expect(container.readinessProbe.httpGet.path).toBe(health.readyPath);
    const ports = Object.fromEntries(
      container.ports.map(({ name, containerPort }: never) => [name, containerPort]),
    );
    expect(ports).toEqual({ clients: server.port, operators: 9001 });
    const { labels } = deployment.spec.template.metadata;
    expect([deployment.spec.selector, budget.spec.selector, policy.spec.podSelector]).toEqual(
      Array.from({ length: 3 }, () => ({ matchLabels: labels })),
    );
    expect(service.spec.selector).toEqual(labels);
  });

  it('have a configuration that loads, with just the variables that the pod has', () => {
    const names: string[] = container.env.map(({ name }: { name: string }) => name);
    const variables = placedSettings().map(({ env }) => env);
    const ours = names.filter((name) => name.startsWith('KITTIWAKE_') && name !== 'KITTIWAKE_CONFIG');
    expect(ours.filter((name) => !variables.includes(name))).toEqual([]);

    const env = Object.fromEntries(
      names.map((name) => [name, name === 'REDIS_URL' ? 'redis://redis' : 'x'.repeat(48)]),
    );
    const problems: string[] = [];
    const options = interpolate(parse(configMap.data['kittiwake.yaml']), section(Settings), {
      env,
      problems,
    });
    expect(problems).toEqual([]);
    expect(loadSettings(options).broker.kind).toBe('redis');
  });
});
