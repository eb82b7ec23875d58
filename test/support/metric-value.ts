import { register } from 'prom-client';

/** The present value of a counter or gauge of this process, summed over the series that have all of these labels; 0 without any. */
export async function metricValue(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const metric = await register.getSingleMetric(name)?.get();
  if (metric === undefined) throw new Error(`there is no metric ${name}`);
  return metric.values
    .filter((series) => Object.entries(labels).every(([label, value]) => series.labels[label] === value))
    .reduce((sum, series) => sum + series.value, 0);
}
