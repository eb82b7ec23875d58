import { DEVICE_SCOPES, KEY_SCOPES, ROLE_SCOPES, ROLES, SCOPES, scopeNotForKeys, scopesOfPerson } from './scopes.js';

describe('ROLE_SCOPES', () => {
  it('lets nobody but machines act as a device', () => {
    for (const role of ROLES) expect(ROLE_SCOPES[role].filter((scope) => DEVICE_SCOPES.includes(scope))).toEqual([]);
    expect(KEY_SCOPES.filter((scope) => DEVICE_SCOPES.includes(scope))).toEqual([]);
  });

  it('lets an auditor read everything and change nothing', () => {
    const reads = SCOPES.filter((scope) => scope.endsWith(':read'));

    expect([...ROLE_SCOPES.auditor].sort()).toEqual([...reads].sort());
  });

  it('lets only an owner make people', () => {
    expect(ROLES.filter((role) => ROLE_SCOPES[role].includes('users:write'))).toEqual(['owner']);
  });

  it.each([
    { role: 'analyst', may: ['reviews:decide', 'blacklist:write'], mayNot: ['payments:write', 'api_keys:write', 'rules:write'] },
    { role: 'support', may: ['payments:read', 'refunds:write'], mayNot: ['reviews:decide', 'blacklist:write', 'customers:erase'] },
    { role: 'developer', may: ['webhooks:write', 'api_keys:read'], mayNot: ['api_keys:write', 'refunds:write', 'audit:read'] },
    { role: 'admin', may: ['api_keys:write', 'refunds:write', 'rules:write'], mayNot: ['users:write'] },
  ] as const)('gives $role its work', ({ role, may, mayNot }) => {
    expect(may.filter((scope) => !ROLE_SCOPES[role].includes(scope))).toEqual([]);
    expect(mayNot.filter((scope) => ROLE_SCOPES[role].includes(scope))).toEqual([]);
  });
});

describe('scopesOfPerson', () => {
  it('keeps the whole deployment from people of one merchant', () => {
    expect(scopesOfPerson('owner', null).has('operations:write')).toBe(true);
    expect(scopesOfPerson('owner', 'mer_1').has('operations:write')).toBe(false);
    expect(scopesOfPerson('owner', 'mer_1').has('merchants:write')).toBe(false);
  });
});

describe('scopeNotForKeys', () => {
  it.each(['users:write', 'users:read', 'api_keys:write', 'merchants:write', 'operations:write', 'payments:create_own'] as const)(
    'keeps %s from keys',
    (scope) => {
      expect(scopeNotForKeys(['payments:read', scope])).toBe(scope);
    },
  );

  it('lets a key have the rest', () => {
    expect(scopeNotForKeys(KEY_SCOPES)).toBeNull();
  });
});
