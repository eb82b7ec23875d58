/** The business in numbers, as JSON: for people and for whatever has no Prometheus. */
import { Injectable } from '@nestjs/common';
import { register } from 'prom-client';
import { Clock, HOUR_MS, SECOND_MS } from '#kernel';
import {
  type AssessmentGroup,
  BusinessMetricsRepository,
  type BusinessScope,
  type DeviceCounts,
  type PaymentGroup,
} from './business-metrics.repository.js';

/** Payments and money. Amounts are in minor units and by currency, because currencies do not add up. */
export interface PaymentFigures {
  readonly total: number;
  readonly succeeded: number;
  /** Refused by the issuer, canceled or blocked. */
  readonly failed: number;
  readonly pending: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byCurrency: Readonly<Record<string, MoneyFigures>>;
  readonly byBusinessType: Readonly<Record<string, Readonly<Record<string, MoneyFigures>>>>;
  readonly byDeviceType: Readonly<Record<string, Readonly<Record<string, MoneyFigures>>>>;
}

/** Money of one currency. */
export interface MoneyFigures {
  readonly payments: number;
  readonly amountMinor: number;
  readonly receivedMinor: number;
  readonly refundedMinor: number;
  /** Received less refunded. */
  readonly revenueMinor: number;
}

/** The whole answer of `GET /metrics`. */
export interface BusinessMetrics {
  readonly object: 'business_metrics';
  readonly from: string;
  readonly to: string;
  readonly livemode: boolean;
  readonly payments: PaymentFigures;
  readonly devices: DeviceCounts;
  readonly fraud: { readonly assessed: number; readonly decisions: Readonly<Record<string, number>>; readonly scores: readonly number[] };
  /** Of the process that answers, since its start. */
  readonly process: ProcessFigures;
}

/** Requests of one process. */
export interface ProcessFigures {
  readonly requests: number;
  /** Share of answers with status 5xx. */
  readonly errorRate: number;
  readonly meanResponseSeconds: number;
  readonly rateLimitRefusals: number;
}

const REUSED_MS = 15 * SECOND_MS;
const MAX_REUSED = 1_000;
const FAILED: ReadonlySet<string> = new Set(['requires_payment_method', 'canceled', 'blocked']);

type Stored = Omit<BusinessMetrics, 'process'>;

/** Adds up what the tables hold; the same question is answered from memory for 15 s. */
@Injectable()
export class BusinessMetricsService {
  private readonly answers = new Map<string, { readonly answer: Promise<Stored>; readonly atMs: number }>();

  constructor(
    private readonly repository: BusinessMetricsRepository,
    private readonly clock: Clock,
  ) {}

  /** @param hours - How far back, 1 to 720. @param scope - Whose payments; null is everybody's. */
  async read(hours: number, scope: Pick<BusinessScope, 'merchantId' | 'livemode'>): Promise<BusinessMetrics> {
    const key = JSON.stringify([hours, scope.merchantId, scope.livemode]);
    const nowMs = this.clock.monotonicMs();
    const known = this.answers.get(key);
    const isFresh = known !== undefined && nowMs - known.atMs < REUSED_MS;
    const answer = isFresh ? known.answer : this.load(hours, scope);
    if (!isFresh) this.remember(key, answer, nowMs);
    return { ...(await answer), process: await processFigures() };
  }

  private remember(key: string, answer: Promise<Stored>, atMs: number): void {
    if (this.answers.size >= MAX_REUSED) this.answers.clear();
    this.answers.set(key, { answer, atMs });
    answer.catch(() => this.answers.delete(key));
  }

  private async load(hours: number, { merchantId, livemode }: Pick<BusinessScope, 'merchantId' | 'livemode'>): Promise<Stored> {
    const to = this.clock.now();
    const since = new Date(to.getTime() - hours * HOUR_MS);
    const scope = { merchantId, livemode, since };
    const [payments, assessments, devices] = await Promise.all([
      this.repository.listPayments(scope),
      this.repository.listAssessments(scope),
      this.repository.countDevices(scope),
    ]);
    return {
      object: 'business_metrics',
      from: since.toISOString(),
      to: to.toISOString(),
      livemode,
      payments: paymentFigures(payments),
      devices,
      fraud: fraudFigures(assessments),
    };
  }
}

/** Adds groups up. */
export function paymentFigures(groups: readonly PaymentGroup[]): PaymentFigures {
  const succeeded = countOf(groups.filter(({ status }) => status === 'succeeded'));
  const failed = countOf(groups.filter(({ status }) => FAILED.has(status)));
  const total = countOf(groups);
  return {
    total,
    succeeded,
    failed,
    pending: total - succeeded - failed,
    byStatus: mapGroups(groups, 'status', countOf),
    byCurrency: mapGroups(groups, 'currency', moneyOf),
    byBusinessType: mapGroups(groups, 'businessType', (those) => mapGroups(those, 'currency', moneyOf)),
    byDeviceType: mapGroups(groups, 'deviceType', (those) => mapGroups(those, 'currency', moneyOf)),
  };
}

function fraudFigures(groups: readonly AssessmentGroup[]): BusinessMetrics['fraud'] {
  const scores = Array.from({ length: 10 }, (_, tens) => countOf(groups.filter((group) => group.tens === tens)));
  const decisions = { allow: 0, review: 0, block: 0 };
  for (const { decision, count } of groups) decisions[decision] += count;
  return { assessed: countOf(groups), decisions, scores };
}

function moneyOf(groups: readonly PaymentGroup[]): MoneyFigures {
  const receivedMinor = sum(groups, 'receivedMinor');
  const refundedMinor = sum(groups, 'refundedMinor');
  const amountMinor = sum(groups, 'amountMinor');
  return { payments: countOf(groups), amountMinor, receivedMinor, refundedMinor, revenueMinor: receivedMinor - refundedMinor };
}

function mapGroups<T>(
  groups: readonly PaymentGroup[],
  by: 'status' | 'currency' | 'businessType' | 'deviceType',
  make: (those: readonly PaymentGroup[]) => T,
): Record<string, T> {
  const names = [...new Set(groups.map((group) => group[by]))].sort();
  return Object.fromEntries(names.map((name) => [name, make(groups.filter((group) => group[by] === name))]));
}

function countOf(groups: readonly { readonly count: number }[]): number {
  return groups.reduce((total, { count }) => total + count, 0);
}

function sum(groups: readonly PaymentGroup[], field: 'amountMinor' | 'receivedMinor' | 'refundedMinor'): number {
  return groups.reduce((total, group) => total + group[field], 0);
}

async function processFigures(): Promise<ProcessFigures> {
  const durations = await seriesOf('upp_http_request_duration_seconds');
  const counts = durations.filter(({ metricName }) => metricName?.endsWith('_count'));
  const requests = total(counts);
  const failed = total(counts.filter(({ labels }) => labels['status'] === '5xx'));
  const seconds = total(durations.filter(({ metricName }) => metricName?.endsWith('_sum')));
  const decisions = await seriesOf('upp_rate_limit_decisions_total');
  return {
    requests,
    errorRate: requests === 0 ? 0 : failed / requests,
    meanResponseSeconds: requests === 0 ? 0 : seconds / requests,
    rateLimitRefusals: total(decisions.filter(({ labels }) => labels['decision'] === 'refused')),
  };
}

interface Series {
  readonly metricName?: string;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
}

async function seriesOf(name: string): Promise<readonly Series[]> {
  return (await register.getSingleMetric(name)?.get())?.values ?? [];
}

function total(series: readonly Series[]): number {
  return series.reduce((all, { value }) => all + value, 0);
}
