import { requiresProgram } from './requires-program.js';

describe('requiresProgram', () => {
  it('is describe itself where every program is installed', () => {
    expect(requiresProgram('sh', 'cat')).toBe(describe);
  });

  it('is another function where one is missing', () => {
    expect(requiresProgram('sh', 'no-such-program')).not.toBe(describe);
  });
});
