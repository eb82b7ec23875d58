/** What the lists hold: one spelling of each value, so that an entry finds what it means, and a mask for people. */
import { isIP } from 'node:net';

/** What an entry can name. */
export const LIST_KINDS = ['device', 'email', 'email_domain', 'ip', 'cidr', 'card_fingerprint', 'bin', 'customer', 'country'] as const;
/** One of {@link LIST_KINDS}. */
export type ListKind = (typeof LIST_KINDS)[number];

/** `block` decides, `review` holds, `allow` mutes the points of the rules. */
export const LIST_NAMES = ['block', 'review', 'allow'] as const;
/** One of {@link LIST_NAMES}. */
export type ListName = (typeof LIST_NAMES)[number];

/** `live` acts; `shadow` counts whom the entry would have met, and does nothing. */
export const ENTRY_MODES = ['live', 'shadow'] as const;
/** One of {@link ENTRY_MODES}. */
export type EntryMode = (typeof ENTRY_MODES)[number];

/** Kinds that are stored as keyed hashes only. */
export const PERSONAL_KINDS = ['email', 'ip', 'card_fingerprint'] as const;
/** One of {@link PERSONAL_KINDS}. */
export type PersonalKind = (typeof PERSONAL_KINDS)[number];

/** Whether values of the kind are personal data. */
export function isPersonalKind(kind: ListKind): kind is PersonalKind {
  return (PERSONAL_KINDS as readonly string[]).includes(kind);
}

/** A network wider than this would block whole providers by one slip: /8 for IPv4, /16 for IPv6. */
const WIDEST_NETWORK = { 4: 8, 6: 16 } as const;
const MAX_LENGTH = 254;

/** The one spelling of a value, or null when it is none of that kind. */
export function normaliseListValue(kind: ListKind, value: string): string | null {
  const text = value.trim();
  if (text === '' || text.length > MAX_LENGTH) return null;
  switch (kind) {
    case 'email':
      return normaliseEmail(text);
    case 'email_domain':
      return /^@?[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text) ? text.replace(/^@/, '').toLowerCase() : null;
    case 'ip':
      return normaliseAddress(text);
    case 'cidr':
      return normaliseNetwork(text);
    case 'bin':
      return /^\d{6,8}$/.test(text) ? text : null;
    case 'country':
      return /^[a-z]{2}$/i.test(text) ? text.toUpperCase() : null;
    case 'device':
    case 'customer':
    case 'card_fingerprint':
      return /^[\x21-\x7e]+$/.test(text) ? text : null;
  }
}

/** Lower case and without a +tag, which costs its owner nothing to change. */
function normaliseEmail(text: string): string | null {
  const parts = /^([^\s@+]+)(?:\+[^\s@]*)?@([^\s@]+\.[^\s@]+)$/.exec(text.toLowerCase());
  return parts === null ? null : `${parts[1] ?? ''}@${parts[2] ?? ''}`;
}

/** IPv6 in its shortest form; an IPv4 address that came mapped into IPv6 is IPv4. */
export function normaliseAddress(text: string): string | null {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text;
  if (isIP(mapped) === 4) return mapped;
  return isIP(mapped) === 6 && !mapped.includes('%') ? new URL(`http://[${mapped}]`).hostname.slice(1, -1) : null;
}

function normaliseNetwork(text: string): string | null {
  const [address = '', prefix = ''] = text.split('/', 2);
  const version = isIP(address);
  const normal = normaliseAddress(address);
  if (normal === null || !/^\d{1,3}$/.test(prefix) || (version !== 4 && version !== 6)) return null;
  const bits = Number(prefix);
  if (bits < WIDEST_NETWORK[version] || bits > (version === 4 ? 32 : 128)) return null;
  return `${normal}/${bits}`;
}

/** What people see of a personal value: enough to recognise it, too little to use it. */
export function maskListValue(kind: ListKind, value: string): string {
  if (!isPersonalKind(kind)) return value;
  if (kind === 'email') return `${value.slice(0, 1)}…@${value.slice(value.lastIndexOf('@') + 1)}`;
  if (kind === 'ip')
    return value.includes(':') ? `${value.split(':').slice(0, 2).join(':')}:…` : `${value.split('.').slice(0, 2).join('.')}.…`;
  return `…${value.slice(-4)}`;
}
