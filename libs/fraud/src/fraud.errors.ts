/** What fraud refuses, and why. */
import { DomainError } from '#kernel';

/** The value is not one of its kind. */
export class ListValueInvalidError extends DomainError {
  override readonly name = 'ListValueInvalidError';

  constructor(kind: string, param = 'value') {
    super('invalid', 'list_value_invalid', `The value is not a ${kind} that can be listed.`, { param });
  }
}

/** The value already stands in that list; `details.entryId` names the entry. */
export class ListEntryExistsError extends DomainError {
  override readonly name = 'ListEntryExistsError';

  constructor(entryId: string) {
    super('conflict', 'list_entry_exists', 'The value already has an active entry in this list.', { details: { entryId } });
  }
}

/** There is no active entry of that id for this merchant. */
export class ListEntryNotFoundError extends DomainError {
  override readonly name = 'ListEntryNotFoundError';

  constructor() {
    super('not_found', 'list_entry_not_found', 'There is no such active entry.');
  }
}

/** The file cannot be imported; `details.problems` names each line at fault. */
export class ListImportInvalidError extends DomainError {
  override readonly name = 'ListImportInvalidError';

  constructor(problems: readonly { readonly line: number; readonly problem: string }[]) {
    super('invalid', 'list_import_invalid', 'The file cannot be imported; nothing was added.', { param: 'csv', details: { problems } });
  }
}
