/** Stripe's search language over a collection: `status:'succeeded' AND metadata['order']:'7' AND amount>1000`. */
import { type Call } from './call.js';
import { invalidParameter } from './errors.js';
import { type Collection, type StripeObject } from './store.js';

/** The parameters every search takes. */
export interface SearchParameters {
  query: string;
  limit?: number;
  page?: string;
}

type Clause = (object: StripeObject) => boolean;

const CLAUSE = /^(-?)([a-z_0-9.]+)(?:\["?'?([^"'\]]+)"?'?\])?(~|:|>=|<=|>|<)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(null|[\w.-]+))$/;
/** Splits at AND or OR outside quotes. */
const CONNECTIVE = /\s+(and|or)\s+(?=(?:[^'"]*(?:'[^']*'|"[^"]*"))*[^'"]*$)/i;

/** The page of objects that the query describes, newest first. */
export function search<T extends StripeObject>(call: Call<SearchParameters>, collection: Collection<T>): object {
  const { query, limit = 10, page } = call.parameters;
  const parts = query.trim().split(CONNECTIVE);
  const clauses = parts.filter((_, index) => index % 2 === 0).map(parseClause);
  const connectives = new Set(parts.filter((_, index) => index % 2 === 1).map((each) => each.toLowerCase()));
  if (connectives.size > 1) throw invalidParameter('You cannot combine AND and OR in the same query.', 'query');
  const matches = (object: T) =>
    connectives.has('or') ? clauses.some((clause) => clause(object)) : clauses.every((clause) => clause(object));
  const skip = page === undefined ? 0 : Number.parseInt(page, 10);
  const found = [...collection.newestFirst()].filter(matches);
  const end = skip + limit;
  const hasMore = found.length > end;
  return {
    object: 'search_result',
    data: found.slice(skip, end),
    has_more: hasMore,
    next_page: hasMore ? String(end) : null,
    url: call.url,
  };
}

function parseClause(text: string): Clause {
  const match = CLAUSE.exec(text.trim());
  if (!match) throw invalidParameter(`We were unable to parse your search query near: ${text}`, 'query');
  const [, minus, field = '', key, operator = ':', doubleQuoted, singleQuoted, bare] = match;
  const wanted = doubleQuoted ?? singleQuoted ?? bare ?? '';
  const isNegated = minus === '-';
  return (object) => {
    const value = valueAt(object, key === undefined ? field.split('.') : [...field.split('.'), key]);
    const isNull = bare === 'null' && operator === ':';
    return (isNull ? value === null || value === undefined : compare(value, operator, wanted)) !== isNegated;
  };
}

function valueAt(object: unknown, steps: readonly string[]): unknown {
  let value = object;
  for (const step of steps) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  return value;
}

function compare(value: unknown, operator: string, wanted: string): boolean {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return false;
  const text = String(value).toLowerCase();
  switch (operator) {
    case ':':
      return text === wanted.toLowerCase();
    case '~':
      return text.includes(wanted.toLowerCase());
    case '>':
      return Number(value) > Number(wanted);
    case '>=':
      return Number(value) >= Number(wanted);
    case '<':
      return Number(value) < Number(wanted);
    default:
      return Number(value) <= Number(wanted);
  }
}
