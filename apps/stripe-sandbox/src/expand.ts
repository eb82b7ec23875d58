/** `expand[]`: ids in an answer replaced by the objects they stand for, up to four levels deep. */
import { type Account } from './account.js';
import { invalidParameter } from './errors.js';

const MAX_DEPTH = 4;

/** Lists that an object only carries when they are asked for, by kind and field. */
export type Includables = Readonly<Record<string, Readonly<Record<string, (account: Account, id: string) => object>>>>;

/** A copy of `answer` in which every path is expanded; the kept objects stay as they are. */
export function expand(answer: object, paths: readonly string[], account: Account, includables: Includables): object {
  let expanded = answer;
  for (const [index, path] of paths.entries()) {
    const steps = path.split('.');
    if (steps.length > MAX_DEPTH) {
      throw invalidParameter(
        `You cannot expand more than ${String(MAX_DEPTH)} levels of a property (${path}).`,
        `expand[${String(index)}]`,
      );
    }
    const refuse = () => invalidParameter(`This property cannot be expanded (${path}).`, `expand[${String(index)}]`);
    expanded = expandSteps(expanded, steps, { account, includables, refuse });
  }
  return expanded;
}

interface Context {
  readonly account: Account;
  readonly includables: Includables;
  readonly refuse: () => Error;
}

function expandSteps(value: object, steps: readonly string[], context: Context): object {
  const [name, ...rest] = steps;
  if (name === undefined) return value;
  if (Array.isArray(value)) return value.map((each: object) => expandSteps(each, steps, context));
  const fields = { ...value } as Record<string, unknown> & { object?: string; id?: string };
  const below = name in fields ? fields[name] : includable(fields, name, context);
  if (below === null) return fields;
  if (typeof below === 'object') {
    fields[name] = expandSteps(below, rest, context);
    return fields;
  }
  if (typeof below !== 'string' || !below.includes('_')) throw context.refuse();
  const object = context.account.findAny(below);
  // An id whose object is outside the sandbox stays an id.
  if (object) fields[name] = expandSteps(object, rest, context);
  return fields;
}

function includable(fields: { object?: string; id?: string }, name: string, { account, includables }: Context): object | undefined {
  return includables[fields.object ?? '']?.[name]?.(account, fields.id ?? '');
}
