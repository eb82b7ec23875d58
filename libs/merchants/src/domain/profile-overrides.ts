/** A merchant's changes to a business profile: checked, applied and compared. */
import { DomainError } from '#kernel';
import { type BusinessProfile, type CurrencyRules, WITHOUT_RULES } from './business-profile.js';
import { checkConsistency, FIELD_CHECKS, isRecord, type ProfileProblem } from './profile-checks.js';

/**
 * What a merchant changes of a type's defaults.
 *
 * A field replaces the default's whole field, except in `currencies`: there each rule is replaced by itself, and `null` instead of rules
 * stops the currency. A currency that the defaults do not have needs at least `minMinor` and `maxMinor`.
 */
export type ProfileOverrides = Partial<Omit<BusinessProfile, 'businessType' | 'currencies'>> & {
  readonly currencies?: Readonly<Record<string, Partial<CurrencyRules> | null>>;
};

/** One difference between two profiles. */
export interface ProfileDifference {
  /** Where, as in `currencies.usd.maxMinor`. */
  readonly path: string;
  /** Absent where the first profile has no such field. */
  readonly before?: unknown;
  /** Absent where the second profile has no such field. */
  readonly after?: unknown;
}

/** The overrides would make a profile that cannot work; `details.problems` says where and why, all at once. */
export class ProfileInvalidError extends DomainError {
  constructor(readonly problems: readonly ProfileProblem[]) {
    super('invalid', 'profile_invalid', 'The profile would not be valid; see problems.', {
      param: problems[0]?.path ?? 'overrides',
      details: { problems },
    });
  }
}

/**
 * The profile with a merchant's changes.
 *
 * @param overrides - {@link ProfileOverrides}, as they came from the admin or the database: every field is checked here.
 * @throws ProfileInvalidError listing all that is wrong; the profile given is never changed.
 */
export function applyProfileOverrides(profile: BusinessProfile, overrides: unknown): BusinessProfile {
  if (!isRecord(overrides)) throw new ProfileInvalidError([{ path: 'overrides', expected: 'an object' }]);
  const unknown = Object.keys(overrides).filter((name) => !Object.hasOwn(FIELD_CHECKS, name));
  const changed: Record<string, unknown> = { ...profile, ...overrides, currencies: withCurrencies(profile, overrides.currencies) };
  const problems = [
    ...unknown.map((path) => ({ path, expected: 'absent, as no such field can be overridden' })),
    ...Object.entries(FIELD_CHECKS).flatMap(([name, check]) => check(changed[name], name)),
  ];
  if (problems.length > 0) throw new ProfileInvalidError(problems);
  // Every field has just been checked against its type.
  const result = changed as unknown as BusinessProfile;
  const conflicts = checkConsistency(result);
  if (conflicts.length > 0) throw new ProfileInvalidError(conflicts);
  return result;
}

/** What changes from one profile to another, in the order of the paths; lists are compared as a whole. */
export function diffProfiles(before: BusinessProfile, after: BusinessProfile): readonly ProfileDifference[] {
  const olds = new Map(leavesOf(before, ''));
  const news = new Map(leavesOf(after, ''));
  const paths = [...new Set([...olds.keys(), ...news.keys()])].sort();
  return paths
    .filter((path) => JSON.stringify(olds.get(path)) !== JSON.stringify(news.get(path)))
    .map((path) => ({
      path,
      ...(olds.has(path) ? { before: olds.get(path) } : {}),
      ...(news.has(path) ? { after: news.get(path) } : {}),
    }));
}

/** The currencies with the changes in them; what is not an object is left as it is for the checks to find. */
function withCurrencies(profile: BusinessProfile, overrides: unknown): unknown {
  if (overrides === undefined) return profile.currencies;
  if (!isRecord(overrides)) return overrides;
  const changed = new Map<string, unknown>(Object.entries(profile.currencies));
  for (const [code, rules] of Object.entries(overrides)) {
    if (rules === null) changed.delete(code);
    else changed.set(code, isRecord(rules) ? { ...(changed.get(code) ?? WITHOUT_RULES), ...rules } : rules);
  }
  return Object.fromEntries(changed);
}

function leavesOf(value: unknown, path: string): [string, unknown][] {
  if (!isRecord(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, each]) => leavesOf(each, path === '' ? name : `${path}.${name}`));
}
