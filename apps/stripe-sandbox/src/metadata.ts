/** `metadata`: up to 50 keys of the client's own, kept exactly. */
import { invalidParameter } from './errors.js';

/** Metadata as it is kept. */
export type Metadata = Record<string, string>;

const MAX_KEYS = 50;
const MAX_KEY_LENGTH = 40;
const MAX_VALUE_LENGTH = 500;

/** `kept` with the client's changes: an empty value removes its key, an empty hash removes all, absence changes nothing. */
export function mergeMetadata(kept: Metadata, changes: Metadata | '' | undefined): Metadata {
  if (changes === undefined) return kept;
  if (changes === '') return {};
  const merged = { ...kept };
  for (const [key, value] of Object.entries(changes)) {
    if (key.length > MAX_KEY_LENGTH) {
      throw invalidParameter(`Metadata keys can have up to ${String(MAX_KEY_LENGTH)} characters; ${key} is too long.`, `metadata[${key}]`);
    }
    if (value.length > MAX_VALUE_LENGTH) {
      throw invalidParameter(
        `Metadata values can have up to ${String(MAX_VALUE_LENGTH)} characters; you passed in a value that is ${String(value.length)} characters.`,
        `metadata[${key}]`,
      );
    }
    if (value === '') Reflect.deleteProperty(merged, key);
    else merged[key] = value;
  }
  if (Object.keys(merged).length > MAX_KEYS)
    throw invalidParameter(`You may only specify up to ${String(MAX_KEYS)} metadata keys.`, 'metadata');
  return merged;
}
