import { DomainError } from './domain-error.js';

class TeapotError extends DomainError {
  constructor() {
    super('not_found', 'payment_not_found', 'There is no tea.');
  }
}

describe('DomainError', () => {
  it('has the name of its class, so that a log says which refusal it was', () => {
    const error = new TeapotError();

    expect(error.name).toBe('TeapotError');
    expect(String(error)).toBe('TeapotError: There is no tea.');
  });
});
