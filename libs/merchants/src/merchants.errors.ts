/** The refusals of the merchants' admin. */
import { DomainError } from '#kernel';

/** Only a person of the whole deployment may do this. */
export class DeploymentOnlyError extends DomainError {
  constructor() {
    super('forbidden', 'deployment_only', 'Only a person of the whole deployment may do this.');
  }
}

/** The default business type must be one of the enabled ones. */
export class DefaultTypeNotEnabledError extends DomainError {
  constructor() {
    super('unprocessable', 'default_type_not_enabled', 'The default business type must be among the enabled ones.', {
      param: 'defaultBusinessType',
    });
  }
}

/** Somebody else changed the profile since it was looked at. */
export class ProfileVersionConflictError extends DomainError {
  constructor(version: number) {
    super('conflict', 'profile_version_conflict', 'The profile was changed meanwhile; look at it again.', {
      param: 'baseVersion',
      advice: 'fix',
      details: { version },
    });
  }
}

/** There is no such business type, or the merchant has not enabled it. */
export class ProfileNotFoundError extends DomainError {
  constructor() {
    super('not_found', 'profile_not_found', 'There is no such profile.', { param: 'businessType' });
  }
}
