/** What this library counts, in prom-client's default registry. Labels are closed sets. */
import { Counter } from 'prom-client';

/** Devices registered for the first time. */
export const devicesRegisteredTotal = new Counter({
  name: 'upp_devices_registered_total',
  help: 'Devices registered for the first time, by type.',
  labelNames: ['device_type'] as const,
});
