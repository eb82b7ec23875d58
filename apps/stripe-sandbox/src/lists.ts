/** Stripe's lists: newest first, cut into pages by the ids at their ends. */
import { type Call } from './call.js';
import { invalidParameter, noSuch } from './errors.js';
import { type Collection, type StripeObject } from './store.js';

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

/** The parameters every list takes. */
export interface ListParameters {
  limit?: number;
  starting_after?: string;
  ending_before?: string;
  created?: number | { gt?: number; gte?: number; lt?: number; lte?: number };
}

/** A page of a list, as it is answered. */
export interface ListPage<T = object> {
  object: 'list';
  data: T[];
  has_more: boolean;
  url: string;
}

/** The page of `collection` that the request asks for, of those objects that `matches` accepts. */
export function listPage<T extends StripeObject>(
  call: Call<ListParameters>,
  collection: Collection<T>,
  matches: (object: T) => boolean = () => true,
  show: (object: T) => object = (object) => object,
): ListPage {
  const { limit = DEFAULT_LIMIT, starting_after: after, ending_before: before, created } = call.parameters;
  if (limit < 1 || limit > MAX_LIMIT) {
    throw invalidParameter(`Invalid limit: must be between 1 and ${String(MAX_LIMIT)}`, 'limit', 'parameter_invalid_integer');
  }
  if (after !== undefined && before !== undefined) {
    throw invalidParameter('You may only specify one of these parameters: starting_after, ending_before.', 'starting_after');
  }
  const cursor = after ?? before;
  const cursorName = after === undefined ? 'ending_before' : 'starting_after';
  if (cursor !== undefined && !collection.find(cursor)) throw noSuch('object', cursor, cursorName, 400);
  const accepts = (object: T) => isCreatedIn(object, created) && matches(object);
  const { page, hasMore } =
    before === undefined ? pageAfter(collection, after, limit, accepts) : pageBefore(collection, before, limit, accepts);
  return { object: 'list', data: page.map(show), has_more: hasMore, url: call.url };
}

/** A whole small list that an object carries inside. */
export function innerList<T>(data: T[], url: string): ListPage<T> {
  return { object: 'list', data, has_more: false, url };
}

interface Page<T> {
  readonly page: T[];
  readonly hasMore: boolean;
}

function pageAfter<T extends StripeObject>(
  from: Collection<T>,
  after: string | undefined,
  limit: number,
  accepts: (object: T) => boolean,
): Page<T> {
  const page: T[] = [];
  let isPast = after === undefined;
  for (const object of from.newestFirst()) {
    if (isPast && accepts(object)) {
      if (page.length === limit) return { page, hasMore: true };
      page.push(object);
    }
    if (object.id === after) isPast = true;
  }
  return { page, hasMore: false };
}

function pageBefore<T extends StripeObject>(from: Collection<T>, before: string, limit: number, accepts: (object: T) => boolean): Page<T> {
  const newer: T[] = [];
  for (const object of from.newestFirst()) {
    if (object.id === before) break;
    if (accepts(object)) newer.push(object);
  }
  return { page: newer.slice(-limit), hasMore: newer.length > limit };
}

/** Stripe's range: a second, or bounds. */
function isCreatedIn(object: StripeObject, range: ListParameters['created']): boolean {
  if (range === undefined) return true;
  const created = 'created' in object ? Number(object.created) : 0;
  if (typeof range === 'number') return created === range;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = range;
  return created > gt && created >= gte && created < lt && created <= lte;
}
