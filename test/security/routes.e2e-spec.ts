import { newId } from '#kernel';
import { ApiKeysService, KEY_SCOPES, ROLE_SCOPES, type Role, ROLES, type Scope, SecurityIncidents, UsersService } from '#security';
import { TestSystem } from '../support/test-system.js';
import { type Route, routesOf } from './routes.js';

/** Somebody who knocks at every route. */
interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** null: nobody at all. */
  readonly scopes: readonly Scope[] | null;
  readonly isPerson: boolean;
}

const DEVICE: readonly Scope[] = ['payments:create_own', 'payments:read_own'];
// Answers of the guards; every other answer means that the route was reached.
const REFUSALS = ['authentication_required', 'permission_denied'];
const BY = { actor: 'system:test' };
// What changes with these is money that leaves, who may do what, or how much: a stolen session alone must not be enough for it.
const AFTER_STEP_UP: readonly Scope[] = [
  'refunds:write',
  'blacklist:write',
  'rules:write',
  'feature_flags:write',
  'merchants:write',
  'profiles:write',
  'api_keys:write',
  'users:write',
  'customers:erase',
];
// Their right is wider than they are.
const AFTER_STEP_UP_TOO = [
  'PUT /api/limits/:subject',
  'POST /api/webhook-endpoints/:id/rotate-secret',
  'GET /api/admin/customers/:id/export',
];
// It ends the session of who calls it: tried by nobody but at the end.
const LOGOUT = '/api/auth/logout';

describe('every route', () => {
  let system: TestSystem;
  let routes: Route[];
  let callers: Caller[];
  let stranger: { merchantId: string; headers: Readonly<Record<string, string>> }[];
  /** Ids of the first merchant's things by the path that holds them. */
  let owned: Readonly<Record<string, string>>;

  beforeAll(async () => {
    system = await TestSystem.start();
    routes = routesOf(system.app);
    const device = await system.device();
    owned = await things(device.id);
    const keys = system.app.get(ApiKeysService);
    const restricted = await keys.create({ merchantId: system.merchantId, livemode: false, name: 'r', scopes: ['audit:read'] }, BY);
    callers = [
      { name: 'nobody', headers: {}, scopes: null, isPerson: false },
      { name: 'a secret key', headers: bearer(system.apiKey), scopes: KEY_SCOPES, isPerson: false },
      { name: 'a restricted key', headers: bearer(restricted.text), scopes: ['audit:read'], isPerson: false },
      { name: 'a device', headers: bearer(device.credential), scopes: DEVICE, isPerson: false },
      {
        name: 'the metrics token',
        headers: bearer('metrics-token-of-the-tests'),
        scopes: ['metrics:read', 'health:read'],
        isPerson: false,
      },
    ];
    for (const role of ROLES) {
      const headers = { ...(await cookieOf(role, null)), 'upp-merchant': system.merchantId };
      callers.push({ name: `the role ${role}`, headers, scopes: ROLE_SCOPES[role], isPerson: true });
    }
    stranger = await strangers();
  });
  afterAll(() => system.stop());

  it('declares its access', () => {
    expect(routes.filter(({ access }) => access === undefined)).toEqual([]);
    expect(routes.length).toBeGreaterThan(40);
  });

  it('lets in exactly those who hold one of its rights', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      for (const caller of callers) {
        if (route.path === LOGOUT && caller.isPerson) continue;
        const { code } = await knock(route, caller.headers, newId('payment'));
        const isIn = !REFUSALS.includes(code);
        if (isIn !== mayEnter(route, caller))
          wrong.push(`${caller.name} ${isIn ? 'enters' : 'is kept from'} ${route.method} ${route.path} (${code})`);
      }
    }

    expect(wrong).toEqual([]);
  });

  it('asks people, and never keys, for the second factor before what only its owner may do', async () => {
    await system.database.query(`update sessions set stepped_up_at = now() - interval '11 minutes'`);
    const wrong: string[] = [];
    for (const route of routes) {
      const name = `${route.method} ${route.path}`;
      const isAsked = AFTER_STEP_UP_TOO.includes(name) || (route.method !== 'GET' && isGuardedBy(route, AFTER_STEP_UP));
      if (!isAsked) continue;
      for (const caller of callers.filter((each) => mayEnter(route, each))) {
        const { code } = await knock(route, caller.headers, newId('payment'));
        if ((code === 'step_up_required') !== caller.isPerson) wrong.push(`${caller.name}: ${name} (${code})`);
      }
    }
    await system.database.query('update sessions set stepped_up_at = now()');

    expect(wrong).toEqual([]);
  });

  it('shows and gives nothing of another merchant', async () => {
    const wrong: string[] = [];
    for (const route of routes.filter(({ path }) => path.startsWith('/api/') && path !== LOGOUT)) {
      const id = idFor(route.path);
      for (const { headers } of stranger) {
        const { status, code, text } = await knock(route, headers, id);
        const isTold =
          text.replaceAll(id, '').includes(system.merchantId) || Object.values(owned).some((each) => each !== id && text.includes(each));
        const isGiven = route.path.includes(':') && (route.method === 'GET' ? status !== 404 && status !== 403 : status < 400);
        if (isTold || isGiven) wrong.push(`${route.method} ${route.path} → ${status} ${code}`);
      }
    }

    expect(wrong).toEqual([]);
  });

  it('changed nothing of the first merchant when strangers knocked', async () => {
    const [device] = await system.database.query<{ status: string }>('select status from devices where id = $1', [owned['/api/devices']]);
    const [key] = await system.database.query<{ revokedAt: Date | null }>('select revoked_at as "revokedAt" from api_keys where id = $1', [
      owned['/api/admin/api-keys'],
    ]);
    const [incident] = await system.database.query<{ resolvedAt: Date | null }>(
      'select resolved_at as "resolvedAt" from security_incidents where id = $1',
      [owned['/api/admin/security-incidents']],
    );

    expect({ device, key, incident }).toEqual({ device: { status: 'active' }, key: { revokedAt: null }, incident: { resolvedAt: null } });
  });

  it('answers a wrong id and another merchant’s id in the same words', async () => {
    const [{ headers } = { headers: {} }] = stranger;
    const route: Route = { method: 'GET', path: '/api/payments/:id', access: undefined };

    const theirs = await knock(route, headers, owned['/api/payments'] ?? '');
    const wrong = await knock(route, headers, newId('payment'));

    expect({ ...theirs, text: '' }).toEqual({ ...wrong, text: '' });
    expect(theirs.status).toBe(404);
  });

  function mayEnter({ access }: Route, { scopes, isPerson }: Caller): boolean {
    if (access?.kind === 'public') return true;
    if (access === undefined || scopes === null) return false;
    return access.kind === 'session' ? isPerson : access.anyOf.some((scope) => scopes.includes(scope));
  }

  function isGuardedBy({ access }: Route, scopes: readonly Scope[]): boolean {
    return access?.kind === 'scoped' && access.anyOf.some((scope) => scopes.includes(scope));
  }

  function idFor(path: string): string {
    const holder = path.split('/:')[0] ?? '';
    return owned[holder] ?? newId('payment');
  }

  async function knock({ method, path }: Route, headers: object, id: string): Promise<{ status: number; code: string; text: string }> {
    const response = await system.app.inject({
      method,
      url: path.replace(/:\w+/g, id),
      headers: { ...headers, 'idempotency-key': newId('payment') },
      ...(method === 'GET' ? {} : { payload: {} }),
    });
    const isJson = String(response.headers['content-type']).includes('json');
    const code = isJson ? (response.json<{ code?: string }>().code ?? '') : '';
    return { status: response.statusCode, code, text: response.body };
  }

  async function things(deviceId: string): Promise<Record<string, string>> {
    const { merchantId } = system;
    const payment = await system.call('POST', '/api/payments', {
      key: newId('payment'),
      body: { amount: 1099, currency: 'usd', deviceId, paymentMethod: 'pm_card_visa' },
    });
    const { apiKey } = await system.app
      .get(ApiKeysService)
      .create({ merchantId, livemode: false, name: 'not yours', scopes: ['payments:read'] }, BY);
    const incidents = system.app.get(SecurityIncidents);
    incidents.report({ type: 'rate_limit_exceeded', severity: 'low', merchantId, subject: deviceId });
    await incidents.flush();
    const [incident] = await incidents.list({ merchantId, isOpen: true, before: null, limit: 1 });
    const entry = await system.call('POST', '/api/admin/blacklist', { body: { kind: 'ip', value: '198.51.100.9', reason: 'test' } });
    const person = await system.app.get(UsersService).create({ email: 'mine@example.com', role: 'support', merchantId }, BY);
    return {
      '/api/payments': payment.body.id as string,
      '/api/devices': deviceId,
      '/api/limits': deviceId,
      '/api/admin/api-keys': apiKey.id,
      '/api/admin/security-incidents': incident?.id ?? '',
      '/api/admin/blacklist': entry.body.id as string,
      '/api/admin/users': person.userId,
    };
  }

  /** Another merchant's owner, also with the first merchant's name in the header, and its key. */
  async function strangers(): Promise<typeof stranger> {
    const merchantId = newId('merchant');
    await system.database.query(
      `insert into merchants (id, name, country, time_zone, default_business_type, enabled_business_types)
       values ($1, 'Stranger', 'us', 'America/New_York', 'retail', '{retail}')`,
      [merchantId],
    );
    const { text } = await system.app.get(ApiKeysService).create({ merchantId, livemode: false, name: 's', scopes: null }, BY);
    const cookie = await cookieOf('owner', merchantId);
    return [
      { merchantId, headers: bearer(text) },
      { merchantId, headers: cookie },
      { merchantId, headers: { ...cookie, 'upp-merchant': system.merchantId } },
    ];
  }

  async function cookieOf(role: Role, merchantId: string | null): Promise<Readonly<Record<string, string>>> {
    const email = `${role}-${merchantId ?? 'all'}@example.com`;
    const { password, recoveryCodes } = await system.app.get(UsersService).create({ email, role, merchantId }, BY);
    const payload = { email, password, totp: recoveryCodes[0] };
    const response = await system.app.inject({ method: 'POST', url: '/api/auth/login', payload });
    return { cookie: String(response.headers['set-cookie']).split(';', 1)[0] ?? '' };
  }

  function bearer(token: string): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${token}` };
  }
});
