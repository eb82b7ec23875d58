import { type FraudFeatures, type Place } from '../features.js';
import { type Reading, type Rule } from '../rule.js';

const EARTH_RADIUS_KM = 6_371;
/** Shorter hops are left to GPS error, mobile networks and airports: they are never called travel. */
const MIN_TRAVEL_KM = 1_000;
/** Two places in the same instant have no speed; a minute keeps it finite. */
const MIN_GAP_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The device moved faster than anything flies, or address, card and device name different countries. */
export const locationAnomalyRule: Rule = {
  name: 'location_anomaly',
  version: 1,
  read: (features) => [travel(features), countries(features)],
};

function travel({ location, attempt }: FraudFeatures): Reading {
  const measure = 'travel_kmh';
  const { current, last } = location;
  if (current === null || last === null) return { measure, value: 'not_enough_history', detail: 'no two places to compare' };
  const gapMs = Date.parse(attempt.occurredAt) - Date.parse(last.seenAt);
  const distanceKm = greatCircleKm(current, last);
  if (!(gapMs >= 0) || Number.isNaN(distanceKm)) {
    return { measure, value: 'unavailable', detail: 'the last place is stamped in the future or is not a place' };
  }
  if (distanceKm <= MIN_TRAVEL_KM) return { measure, value: 0, detail: `${Math.round(distanceKm)} km from the last place` };
  const speedKmh = distanceKm / (Math.max(gapMs, MIN_GAP_MS) / HOUR_MS);
  return { measure, value: speedKmh, detail: `${Math.round(distanceKm)} km from the last place at ${Math.round(speedKmh)} km/h` };
}

function countries({ location }: FraudFeatures): Reading {
  const { ip, card, device } = location.countries;
  const known = [ip, card, device].filter((country) => country !== null);
  const measure = 'countries';
  if (known.length < 2) return { measure, value: 'not_enough_history', detail: 'fewer than two countries are known' };
  return { measure, value: new Set(known).size, detail: `ip ${ip ?? '?'}, card ${card ?? '?'}, device ${device ?? '?'}` };
}

/** Distance over the surface of a sphere in kilometres, by the haversine formula; NaN for coordinates off the globe. */
export function greatCircleKm(from: Place, to: Place): number {
  if (!isOnGlobe(from) || !isOnGlobe(to)) return NaN;
  const radians = Math.PI / 180;
  const latitudes = Math.sin(((to.latitude - from.latitude) * radians) / 2) ** 2;
  const longitudes = Math.sin(((to.longitude - from.longitude) * radians) / 2) ** 2;
  const haversine = latitudes + Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians) * longitudes;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

function isOnGlobe({ latitude, longitude }: Place): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}
