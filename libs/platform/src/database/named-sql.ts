import { assert } from '#kernel';

/**
 * A constant statement that calls its values by name, so that it can be put together from parts: `where id = :id` becomes `where id = $1`.
 *
 * ```ts
 * const RENAME = new NamedSql('update devices set name = :name where id = :id');
 * await database.query(RENAME.text, RENAME.values({ id, name }));
 * ```
 */
export class NamedSql {
  /** As PostgreSQL reads it. */
  readonly text: string;
  private readonly names: readonly string[];

  constructor(sql: string) {
    const names: string[] = [];
    // Not the second colon of a cast.
    this.text = sql.replaceAll(/(?<!:):([a-z]\w*)/gi, (_, name: string) => {
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    });
    this.names = names;
  }

  /** The values in the statement's order; those that it does not name are left out. */
  values(of: Readonly<Record<string, unknown>>): unknown[] {
    return this.names.map((name) => {
      assert(name in of, 'every name of a statement has a value');
      return of[name];
    });
  }
}
