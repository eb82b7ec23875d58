/** How a class of configuration is filled from environment variables: one decorated property per variable. */
import 'reflect-metadata';
import { validateSync } from 'class-validator';

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is known of one variable besides its validation. */
export interface EnvironmentVariable {
  readonly property: string;
  readonly name: string;
  /** Never printed: keys, passwords, URLs that hold them. */
  readonly isSecret: boolean;
}

/** One thing that is wrong with the environment. It names the variable and never its value. */
export interface ConfigProblem {
  readonly variable: string;
  readonly reason: string;
}

/** What the checks across groups know of the whole. */
export interface Deployment {
  /** NODE_ENV. */
  readonly environment: string;
  /** Whether Stripe's key is a live one. */
  readonly isLive: boolean;
}

/** A group whose settings may be fine alone and wrong together. */
export interface CrossChecked {
  contradictions(deployment: Deployment): Iterable<ConfigProblem>;
}

/** Whether the group has checks of its own. */
export function hasContradictions(group: object): group is CrossChecked {
  return 'contradictions' in group && typeof group.contradictions === 'function';
}

const VARIABLES = Symbol('environment variables');

/**
 * Reads the property from an environment variable; the property's initial value is the default.
 *
 * The type follows from the declaration: `number` takes decimal integers, `boolean` takes `true` and `false` only (so that `false` is false),
 * `string[]` takes a comma-separated list. An empty variable counts as absent.
 */
export function Env(name: string, options: { isSecret?: boolean } = {}): PropertyDecorator {
  return (target, property) => {
    const variable: EnvironmentVariable = { property: String(property), name, isSecret: options.isSecret ?? false };
    Reflect.defineMetadata(VARIABLES, [...variablesOf(target), variable], target);
  };
}

/** The variables of a configuration class or of an instance of one. */
export function variablesOf(target: object): readonly EnvironmentVariable[] {
  const prototype: object = typeof target === 'function' ? (target.prototype as object) : target;
  return (Reflect.getMetadata(VARIABLES, prototype) as EnvironmentVariable[] | undefined) ?? [];
}

/** Fills and validates one group; what is wrong is added to `problems`. */
export function readGroup<T extends object>(group: new () => T, environment: Environment, problems: ConfigProblem[]): T {
  const instance = new group();
  for (const { property, name } of variablesOf(instance)) {
    const text = environment[name]?.trim();
    if (text === undefined || text === '') continue;
    const value = parse(Reflect.getMetadata('design:type', instance, property), text);
    if (value === undefined) problems.push({ variable: name, reason: 'is not of its type' });
    else Object.assign(instance, { [property]: value });
  }
  const names = new Map(variablesOf(instance).map((variable) => [variable.property, variable.name]));
  for (const error of validateSync(instance)) {
    const reasons = Object.values(error.constraints ?? {}).map((reason) => reason.replace(error.property, 'it'));
    problems.push({ variable: names.get(error.property) ?? error.property, reason: reasons.join(', ') });
  }
  return instance;
}

function parse(type: unknown, text: string): unknown {
  if (type === Number) return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (type === Boolean) return text === 'true' ? true : text === 'false' ? false : undefined;
  if (type === Array) {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  return text;
}
