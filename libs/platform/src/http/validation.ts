/** Turns bodies and queries into DTOs, or refuses them naming every field at fault. */
import { ValidationPipe } from '@nestjs/common';
import { isEmail, registerDecorator, type ValidationError, type ValidationOptions } from 'class-validator';
import { DomainError } from '#kernel';

/** One field that is not as the API describes it. */
export interface FieldProblem {
  /** `parameter_missing`, `parameter_unknown`, `parameter_invalid_integer` or `parameter_invalid`. */
  readonly code: string;
  /** The field in the API's spelling, nested with dots: `location.latitude`. */
  readonly param: string;
  readonly message: string;
}

/** The request's fields are wrong; `code` and `param` are the first problem's, `errors` lists all. */
export class InvalidRequestError extends DomainError {
  constructor(problems: readonly [FieldProblem, ...FieldProblem[]]) {
    const [first] = problems;
    super('invalid', first.code, first.message, { param: first.param, details: { errors: problems } });
  }
}

/** The one validation of bodies and queries: unknown fields are refused, nothing is converted silently. */
export const requestValidation = new ValidationPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
  exceptionFactory: (errors) => {
    const problems = errors.flatMap((error) => problemsOf(error, ''));
    const [first, ...rest] = problems;
    return new InvalidRequestError([
      first ?? { code: 'parameter_invalid', param: 'body', message: 'The body must be a JSON object.' },
      ...rest,
    ]);
  },
});

/**
 * An integer between bounds that JSON can carry exactly. class-validator's own IsInt accepts 1e21.
 *
 * @param min - Inclusive. @param max - Inclusive, at most 2^53−1.
 */
export function IsSafeInteger(min: number, max: number = Number.MAX_SAFE_INTEGER, options?: ValidationOptions): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isSafeInteger',
      target: target.constructor,
      propertyName: String(property),
      ...(options ? { options } : {}),
      validator: {
        validate: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
        defaultMessage: () => `${String(property)} must be an integer from ${String(min)} to ${String(max)}`,
      },
    });
  };
}

// What JSON metadata may hold, as at Stripe: https://docs.stripe.com/api/metadata (checked 2026-11)
const METADATA_KEYS = 50;
const METADATA_KEY_LENGTH = 40;
const METADATA_VALUE_LENGTH = 500;

/**
 * Pairs of a key of 1–40 and a string value of 0–500 characters, without NUL characters.
 *
 * @param maxPairs - Fewer than Stripe's 50 where this product adds its own.
 */
export function IsMetadata(maxPairs: number = METADATA_KEYS): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isMetadata',
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown) => isMetadata(value, maxPairs),
        defaultMessage: () =>
          `${String(property)} must be at most ${String(maxPairs)} pairs of a key (1–40) and a string (0–500 characters)`,
      },
    });
  };
}

/** Printable text: no control characters but line breaks and tabs, and no half of a surrogate pair; PostgreSQL takes neither NUL nor those. */
export function IsText(min: number, max: number, options?: ValidationOptions): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isText',
      target: target.constructor,
      propertyName: String(property),
      ...(options ? { options } : {}),
      validator: {
        validate: (value: unknown) => typeof value === 'string' && value.length >= min && value.length <= max && isCleanText(value),
        defaultMessage: () => `${String(property)} must be text of ${String(min)} to ${String(max)} characters`,
      },
    });
  };
}

/** RFC 5321 allows no longer address. */
const EMAIL_LENGTH = 254;

/** An e-mail address. class-validator's own IsEmail throws on half a surrogate pair, which would be our fault instead of the client's. */
export function IsEmailAddress(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isEmailAddress',
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown) => typeof value === 'string' && value.length <= EMAIL_LENGTH && isCleanText(value) && isEmail(value),
        defaultMessage: () => `${String(property)} must be an e-mail address`,
      },
    });
  };
}

function isMetadata(value: unknown, maxPairs: number): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const pairs = Object.entries(value as Record<string, unknown>);
  return (
    pairs.length <= maxPairs &&
    pairs.every(
      ([key, text]) =>
        key.length >= 1 &&
        key.length <= METADATA_KEY_LENGTH &&
        isCleanText(key) &&
        typeof text === 'string' &&
        text.length <= METADATA_VALUE_LENGTH &&
        isCleanText(text),
    )
  );
}

function isCleanText(value: string): boolean {
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(value) && value.isWellFormed();
}

function problemsOf(error: ValidationError, path: string): FieldProblem[] {
  const param = path === '' ? error.property : `${path}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => ({
    code: codeOf(constraint, error),
    param,
    message: constraint === 'whitelistValidation' ? `${param} is not a field of this request.` : `${sentence(message)}.`,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, param))];
}

function codeOf(constraint: string, error: ValidationError): string {
  if (constraint === 'whitelistValidation') return 'parameter_unknown';
  if (error.value === undefined || error.value === null) return 'parameter_missing';
  return constraint === 'isSafeInteger' ? 'parameter_invalid_integer' : 'parameter_invalid';
}

function sentence(text: string): string {
  return text.replace(/\.$/, '');
}
