import type { SealedPlace } from '#security';

/** Where an endpoint's secrets stand. Both columns share it, so that a rotation moves the sealed text as it is. */
export function sealedPlaceOf(endpointId: string): SealedPlace {
  return { table: 'webhook_endpoints', column: 'secret_sealed', rowId: endpointId };
}
