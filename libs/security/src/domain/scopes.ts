/** The rights of the product: what a route may ask for, and which role or kind of credential holds what. */

/** Every right. `*_own` is the device's: only its own payments; the service compares the device id. */
export const SCOPES = [
  'payments:read',
  'payments:write',
  'payments:create_own',
  'payments:read_own',
  'refunds:write',
  'disputes:read',
  'disputes:write',
  'devices:read',
  'devices:write',
  'customers:read',
  'customers:write',
  'customers:erase',
  'fraud:read',
  'rules:read',
  'rules:write',
  'reviews:read',
  'reviews:decide',
  'blacklist:read',
  'blacklist:write',
  'webhooks:read',
  'webhooks:write',
  'merchants:read',
  'merchants:write',
  'profiles:read',
  'profiles:write',
  'feature_flags:read',
  'feature_flags:write',
  'reconciliation:read',
  'reconciliation:write',
  'api_keys:read',
  'api_keys:write',
  'users:read',
  'users:write',
  'incidents:read',
  'incidents:write',
  'audit:read',
  'alerts:read',
  'alerts:write',
  'operations:read',
  'operations:write',
  'metrics:read',
  'health:read',
] as const;

/** One right: `payments:write`. */
export type Scope = (typeof SCOPES)[number];

/** What a person may be. A person has one role; machines have credentials instead. */
export const ROLES = ['owner', 'admin', 'analyst', 'support', 'auditor', 'developer'] as const;

/** The role of a user. */
export type Role = (typeof ROLES)[number];

/** A device pays and looks at what it paid, nothing else. */
export const DEVICE_SCOPES: readonly Scope[] = ['payments:create_own', 'payments:read_own'];

// The device's own rights make no sense for anybody else: nobody else has a device id to be compared with.
const FOR_DEVICES_ONLY: ReadonlySet<Scope> = new Set(DEVICE_SCOPES);
// Keys cannot make people, keys or merchants: a leaked key must not outlive its revocation by a second one.
const FOR_PEOPLE_ONLY: ReadonlySet<Scope> = new Set<Scope>(['users:read', 'users:write', 'api_keys:write']);

// These act on the whole deployment: nobody of a single merchant holds them, neither person nor key.
const FOR_DEPLOYMENT_ONLY: ReadonlySet<Scope> = new Set<Scope>(['merchants:write', 'operations:read', 'operations:write']);

const ALL_OF_A_PERSON = SCOPES.filter((scope) => !FOR_DEVICES_ONLY.has(scope));
const READS = ALL_OF_A_PERSON.filter((scope) => scope.endsWith(':read'));

/** What a merchant's secret key holds, and the most that a restricted key may be given. */
export const KEY_SCOPES: readonly Scope[] = ALL_OF_A_PERSON.filter(
  (scope) => !FOR_PEOPLE_ONLY.has(scope) && !FOR_DEPLOYMENT_ONLY.has(scope),
);

/**
 * The permission table. Nobody creates payments by hand: that is for keys and devices.
 *
 * - `owner` and `admin`: everything; an admin cannot change people.
 * - `analyst`: decides reviews and keeps the blacklist. `support`: reads payments, refunds them.
 * - `auditor`: reads everything, changes nothing. `developer`: webhooks, and what an integration needs to be understood.
 */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  owner: ALL_OF_A_PERSON,
  admin: ALL_OF_A_PERSON.filter((scope) => scope !== 'users:write'),
  analyst: [
    'payments:read',
    'refunds:write',
    'disputes:read',
    'disputes:write',
    'devices:read',
    'customers:read',
    'fraud:read',
    'rules:read',
    'reviews:read',
    'reviews:decide',
    'blacklist:read',
    'blacklist:write',
    'incidents:read',
    'alerts:read',
    'profiles:read',
  ],
  support: ['payments:read', 'refunds:write', 'disputes:read', 'devices:read', 'customers:read', 'alerts:read', 'profiles:read'],
  auditor: READS,
  developer: [
    'payments:read',
    'devices:read',
    'devices:write',
    'webhooks:read',
    'webhooks:write',
    'api_keys:read',
    'profiles:read',
    'rules:read',
    'feature_flags:read',
    'alerts:read',
    'operations:read',
    'metrics:read',
    'health:read',
  ],
};

/** What a person of that role holds; a person of one merchant nothing that acts on the whole deployment. */
export function scopesOfPerson(role: Role, merchantId: string | null): ReadonlySet<Scope> {
  return new Set(ROLE_SCOPES[role].filter((scope) => merchantId === null || !FOR_DEPLOYMENT_ONLY.has(scope)));
}

/** The first of the wanted rights that a key may not hold; null when all are fine. */
export function scopeNotForKeys(scopes: readonly Scope[]): Scope | null {
  return scopes.find((scope) => !KEY_SCOPES.includes(scope)) ?? null;
}
