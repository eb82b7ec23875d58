import { DomainError } from './domain-error.js';

class TeapotError extends DomainError {
  constructor() {
    super('conflict', 'teapot', 'This is a teapot.');
  }
}

describe('DomainError', () => {
  it('has the name of its class, so that a log says which refusal it was', () => {
    const error = new TeapotError();

    expect(error.name).toBe('TeapotError');
    expect(String(error)).toBe('TeapotError: This is a teapot.');
  });
});
