import { HOUR_MS, MINUTE_MS } from '#kernel';
import { type FirstSecrets, SecurityIncidents, UsersService } from '#security';
import { aMerchant, codeOf, type SecuredApp, startSecuredApp } from './secured-app.js';

const BY = { actor: 'system:test' };

describe('signing in', () => {
  let secured: SecuredApp;
  let addresses = 0;
  let people = 0;

  beforeAll(async () => {
    secured = await startSecuredApp();
  });
  afterAll(() => secured.close());

  const anAddress = () => `198.51.100.${++addresses}`;
  const aPerson = async (role: 'owner' | 'support' = 'owner', merchantId: string | null = null) => {
    const email = `person${++people}@example.com`;
    return { email, ...(await secured.app.get(UsersService).create({ email, role, merchantId }, BY)) };
  };

  const send = async (
    url: string,
    options: { body?: object; cookie?: string; ip?: string; method?: 'GET' | 'PATCH' | 'POST'; headers?: object } = {},
  ) => {
    const { body, cookie, ip = anAddress(), method = 'POST', headers } = options;
    const response = await secured.app.inject({
      method,
      url,
      remoteAddress: ip,
      headers: { ...(cookie === undefined ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    const json = response.body === '' ? {} : response.json<Record<string, unknown>>();
    return { status: response.statusCode, body: json, setCookie: String(response.headers['set-cookie'] ?? '') };
  };

  const login = (email: string, password: string, totp?: string, ip = anAddress()) =>
    send('/api/auth/login', { body: { email, password, ...(totp === undefined ? {} : { totp }) }, ip });

  /** Each sign-in uses up the code of its half minute. */
  const signIn = async (person: FirstSecrets & { email: string }, ip = anAddress()) => {
    secured.clock.advance(30_000);
    const { setCookie, status } = await login(person.email, person.password, codeOf(person.totpSecret, secured.clock), ip);
    expect(status).toBe(204);
    return setCookie.split(';', 1)[0] ?? '';
  };

  it('answers with a cookie that scripts and other sites cannot use', async () => {
    const person = await aPerson();

    const { status, setCookie } = await login(person.email.toUpperCase(), person.password, codeOf(person.totpSecret, secured.clock));

    expect(status).toBe(204);
    expect(setCookie).toMatch(/^upp_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  });

  it('binds the cookie to the host and to TLS in production', async () => {
    const production = await startSecuredApp({
      databaseUrl: secured.databaseUrl,
      environment: { NODE_ENV: 'production', STRIPE_WEBHOOK_SECRET: 'whsec_0123456789abcdef' },
      clock: secured.clock,
    });
    const person = await aPerson();
    const payload = { email: person.email, password: person.password, totp: codeOf(person.totpSecret, secured.clock) };

    const response = await production.app.inject({ method: 'POST', url: '/api/auth/login', payload });

    await production.close();
    expect(response.headers['set-cookie']).toMatch(/^__Host-upp_session=.*; Secure$/);
  });

  it('says who is signed in and what they may do', async () => {
    const merchantId = await aMerchant(secured.database);
    const person = await aPerson('support', merchantId);
    const cookie = await signIn(person);

    const { body } = await send('/api/auth/me', { method: 'GET', cookie });

    expect(body).toMatchObject({ object: 'user', id: person.userId, email: person.email, role: 'support', merchantId });
    expect(body['scopes']).toContain('refunds:write');
  });

  it('says the same of a wrong password and of an unknown address', async () => {
    const person = await aPerson();

    const wrong = await login(person.email, 'wrong');
    const unknown = await login('nobody@example.com', 'wrong');

    expect(wrong).toMatchObject({ status: 401, body: { code: 'credentials_invalid' } });
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
  });

  it('asks for the second factor, and takes each code once', async () => {
    const person = await aPerson();
    const code = codeOf(person.totpSecret, secured.clock);

    expect(await login(person.email, person.password)).toMatchObject({ status: 401, body: { code: 'totp_required' } });
    expect((await login(person.email, person.password, code)).status).toBe(204);
    expect(await login(person.email, person.password, code)).toMatchObject({ status: 401, body: { code: 'totp_invalid' } });
  });

  it('takes one of two requests with the same code at the same time', async () => {
    const person = await aPerson();
    const code = codeOf(person.totpSecret, secured.clock);

    const answers = await Promise.all([login(person.email, person.password, code), login(person.email, person.password, code)]);

    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
  });

  it('takes a recovery code once', async () => {
    const person = await aPerson();
    const [code = ''] = person.recoveryCodes;

    expect((await login(person.email, person.password, code)).status).toBe(204);
    expect((await login(person.email, person.password, code)).status).toBe(401);
  });

  it('refuses the sixth attempt from one network in 15 minutes, even with the right password, and tells nobody else', async () => {
    const person = await aPerson();
    const attacker = anAddress();
    for (let index = 0; index < 5; index++) expect((await login(person.email, 'wrong', undefined, attacker)).status).toBe(401);

    const sixth = await login(person.email, person.password, codeOf(person.totpSecret, secured.clock), attacker);
    const owner = await login(person.email, person.password, codeOf(person.totpSecret, secured.clock));
    await secured.app.get(SecurityIncidents).flush();

    expect(sixth).toMatchObject({ status: 429, body: { code: 'rate_limit_exceeded' } });
    expect(owner.status).toBe(204);
    const rows = await secured.database.query<{ count: number; subject: string }>(
      `select count, subject from security_incidents where type = 'rate_limit_exceeded' and host(ip) = $1`,
      [attacker],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.subject).not.toContain(person.email);
  });

  it('counts one address, however it is spelt', async () => {
    const person = await aPerson();
    const attacker = anAddress();
    const [name = '', host = ''] = person.email.split('@');
    const spellings = [name.toUpperCase() + '@' + host, `${name}@${host.toUpperCase()}`, person.email.toUpperCase(), person.email];

    const all: number[] = [];
    for (let n = 0; n < 6; n++) all.push((await login(spellings[n % spellings.length] ?? '', 'wrong', undefined, attacker)).status);

    expect(all).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it('never locks the owner out, however many networks try the address', async () => {
    const person = await aPerson();
    for (let index = 0; index < 21; index++) await login(person.email, 'wrong');

    const owner = await login(person.email, person.password, codeOf(person.totpSecret, secured.clock));

    expect(owner.status).toBe(204);
  });

  it('forgives the attempts of somebody who gets it right', async () => {
    const person = await aPerson();
    const ip = anAddress();

    for (let index = 0; index < 7; index++) expect(await signIn(person, ip)).not.toBe('');
  });

  it('ends a session after 15 minutes without a request', async () => {
    const cookie = await signIn(await aPerson());
    secured.clock.advance(15 * MINUTE_MS - 1);
    expect((await send('/api/auth/me', { method: 'GET', cookie })).status).toBe(200);

    secured.clock.advance(15 * MINUTE_MS);

    expect(await send('/api/auth/me', { method: 'GET', cookie })).toMatchObject({ status: 401, body: { code: 'session_expired' } });
  });

  it('ends a session after 12 hours whatever happens', async () => {
    const cookie = await signIn(await aPerson());

    for (let minutes = 0; minutes < 12 * 60 - 10; minutes += 10) {
      secured.clock.advance(10 * MINUTE_MS);
      expect((await send('/api/auth/me', { method: 'GET', cookie })).status).toBe(200);
    }
    secured.clock.advance(10 * MINUTE_MS);

    expect((await send('/api/auth/me', { method: 'GET', cookie })).status).toBe(401);
  });

  it('ends a session at sign-out, also for whoever copied the cookie', async () => {
    const cookie = await signIn(await aPerson());

    const { status, setCookie } = await send('/api/auth/logout', { cookie });

    expect(status).toBe(204);
    expect(setCookie).toContain('Max-Age=0');
    expect((await send('/api/auth/me', { method: 'GET', cookie })).status).toBe(401);
  });

  it('asks for the second factor again before keys are made, for ten minutes', async () => {
    const merchantId = await aMerchant(secured.database);
    const person = await aPerson('owner', merchantId);
    const cookie = await signIn(person);
    const makeKey = () => send('/api/admin/api-keys', { cookie, body: { name: 'server' } });
    expect((await makeKey()).status).toBe(201);

    secured.clock.advance(10 * MINUTE_MS + 1);
    const refused = await makeKey();
    const stepUp = await send('/api/auth/step-up', { cookie, body: { totp: codeOf(person.totpSecret, secured.clock) } });

    expect(refused).toMatchObject({ status: 403, body: { code: 'step_up_required' } });
    expect(stepUp.status).toBe(204);
    expect((await makeKey()).status).toBe(201);
  });

  it.each([
    { headers: { 'sec-fetch-site': 'cross-site' } },
    { headers: { 'sec-fetch-site': 'same-site' } },
    { headers: { origin: 'https://evil.example' } },
    { headers: { origin: 'null' } },
  ])('does nothing for a page of another origin: $headers', async ({ headers }) => {
    const cookie = await signIn(await aPerson());

    expect(await send('/api/auth/logout', { cookie, headers })).toMatchObject({ status: 403, body: { code: 'cross_site_request' } });
    expect((await send('/api/auth/me', { method: 'GET', cookie })).status).toBe(200);
  });

  it('gives a person without a second factor nothing but the means to add one', async () => {
    const person = await aPerson();
    await secured.database.query('update users set totp_secret_sealed = null where id = $1', [person.userId]);
    const { setCookie } = await login(person.email, person.password);
    const cookie = setCookie.split(';', 1)[0] ?? '';
    expect((await send('/api/admin/users', { method: 'GET', cookie })).status).toBe(403);

    const shown = await send('/api/auth/totp', { cookie });
    const totp = codeOf(String(shown.body['totpSecret']), secured.clock);
    const confirmed = await send('/api/auth/totp/confirm', { cookie, body: { totp } });

    expect(confirmed.status).toBe(200);
    expect(confirmed.body['recoveryCodes']).toHaveLength(10);
    expect((await send('/api/admin/users', { method: 'GET', cookie })).status).toBe(200);
  });

  it('does not let a session that was left open replace the second factor', async () => {
    const cookie = await signIn(await aPerson());
    secured.clock.advance(11 * MINUTE_MS);

    expect(await send('/api/auth/totp', { cookie })).toMatchObject({ status: 403, body: { code: 'step_up_required' } });
  });

  it('ends all other sessions when the password changes', async () => {
    const person = await aPerson();
    const other = await signIn(person);
    const cookie = await signIn(person);
    const change = (newPassword: string) => send('/api/auth/password', { cookie, body: { currentPassword: person.password, newPassword } });

    expect(await change('password1234')).toMatchObject({ status: 422, body: { code: 'password_refused' } });
    expect((await change('a sentence nobody else says')).status).toBe(204);

    expect((await send('/api/auth/me', { method: 'GET', cookie: other })).status).toBe(401);
    expect((await send('/api/auth/me', { method: 'GET', cookie })).status).toBe(200);
  });

  it('ends a disabled person’s sessions at once', async () => {
    const person = await aPerson();
    const cookie = await signIn(person);

    await secured.app.get(UsersService).disable(person.userId, null, BY);

    expect((await send('/api/auth/me', { method: 'GET', cookie })).status).toBe(401);
    secured.clock.advance(HOUR_MS);
    expect((await login(person.email, person.password, codeOf(person.totpSecret, secured.clock))).status).toBe(401);
  });

  it.each(['active', 'disabled'])('gives an %s person who lost everything new secrets, and ends the old ones', async (status) => {
    const users = secured.app.get(UsersService);
    const [owner, person] = [await aPerson(), await aPerson('support')];
    const [cookie, lost] = [await signIn(owner), await signIn(person)];
    if (status === 'disabled') await users.disable(person.userId, null, BY);

    const { status: answered, body } = await send(`/api/admin/users/${person.userId}/reset`, { cookie });
    const next = body as { password: string; totpSecret: string };

    expect(answered).toBe(200);
    expect((await send('/api/auth/me', { method: 'GET', cookie: lost })).status).toBe(401);
    const code = () => codeOf(person.totpSecret, secured.clock);
    expect((await login(person.email, person.password, code())).status).toBe(401);
    expect((await login(person.email, next.password, person.recoveryCodes[0])).status).toBe(401);
    expect((await login(person.email, next.password, codeOf(next.totpSecret, secured.clock))).status).toBe(204);
    const [line] = await secured.database.query(
      `select actor, changes from audit_log where action = 'user_reset' and object_id = $1 order by sequence desc`,
      [person.userId],
    );
    expect(line).toEqual({ actor: `user:${owner.userId}`, changes: { statusBefore: status } });
  });

  it('gives another role from the next request on', async () => {
    const [owner, person] = [await aPerson(), await aPerson('support')];
    const [cookie, theirs] = [await signIn(owner), await signIn(person)];

    const changed = await send(`/api/admin/users/${person.userId}`, { method: 'PATCH', cookie, body: { role: 'auditor' } });

    expect(changed).toMatchObject({ status: 200, body: { id: person.userId, role: 'auditor' } });
    expect((await send('/api/auth/me', { method: 'GET', cookie: theirs })).body).toMatchObject({ role: 'auditor' });
  });

  it('never leaves the deployment without an owner, even when two owners end each other at once', async () => {
    const empty = await startSecuredApp();
    const users = empty.app.get(UsersService);
    const first = await users.createFirstOwner('a@example.com');
    const second = await users.create({ email: 'b@example.com', role: 'owner', merchantId: null }, BY);

    const ended = await Promise.allSettled([users.disable(first.userId, null, BY), users.changeRole(second.userId, null, 'auditor', BY)]);
    const again = await users.resetByEmail('A@example.com ', BY);

    await empty.close();
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ended.find((each) => each.status === 'rejected')?.reason).toMatchObject({ code: 'last_owner' });
    expect(again.userId).toBe(first.userId);
  });

  it('keeps people of one merchant from another’s', async () => {
    const [mine, theirs] = [await aMerchant(secured.database), await aMerchant(secured.database)];
    const owner = await aPerson('owner', mine);
    const stranger = await aPerson('support', theirs);
    const cookie = await signIn(owner);
    const headers = { 'upp-merchant': theirs };

    const { body } = await send('/api/admin/users', { method: 'GET', cookie, headers });
    const disabled = await send(`/api/admin/users/${stranger.userId}/disable`, { cookie, headers });
    const reset = await send(`/api/admin/users/${stranger.userId}/reset`, { cookie, headers });
    const changed = await send(`/api/admin/users/${stranger.userId}`, { method: 'PATCH', cookie, headers, body: { role: 'owner' } });

    expect((body['data'] as { id: string }[]).map(({ id }) => id)).toEqual([owner.userId]);
    expect([disabled.status, reset.status, changed.status]).toEqual([404, 404, 404]);
  });

  it('makes the first owner once, even when asked twice at the same time', async () => {
    const empty = await startSecuredApp();
    const users = empty.app.get(UsersService);

    const made = await Promise.allSettled([users.createFirstOwner('a@example.com'), users.createFirstOwner('b@example.com')]);

    await empty.close();
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('stores neither password, code nor cookie in a form that opens anything', async () => {
    const person = await aPerson();
    const cookie = await signIn(person);

    const rows = await secured.database.query<{ text: string }>(
      `select (select jsonb_agg(u)::text from users u) || (select jsonb_agg(s)::text from sessions s) || (select jsonb_agg(r)::text from recovery_codes r)
              || (select jsonb_agg(a)::text from audit_log a) as text`,
    );

    for (const secret of [person.password, person.totpSecret, ...person.recoveryCodes, cookie.split('=')[1] ?? '']) {
      expect(rows[0]?.text).not.toContain(secret);
    }
  });
});
