import { MINUTE_MS } from '#kernel';
import { People } from './people.js';
import { aMerchant, codeOf, type SecuredApp, startSecuredApp } from './secured-app.js';

describe('sessions', () => {
  let secured: SecuredApp;
  let people: People;

  beforeAll(async () => {
    secured = await startSecuredApp();
    people = new People(secured);
  });
  afterAll(() => secured.close());

  it('ends a session after 15 minutes without a request', async () => {
    const cookie = await people.signIn(await people.add());
    secured.clock.advance(15 * MINUTE_MS - 1);
    expect((await people.me(cookie)).status).toBe(200);

    secured.clock.advance(15 * MINUTE_MS);

    expect(await people.me(cookie)).toMatchObject({ status: 401, body: { code: 'session_expired' } });
  });

  it('ends a session after 12 hours whatever happens', async () => {
    const cookie = await people.signIn(await people.add());

    for (let minutes = 0; minutes < 12 * 60 - 10; minutes += 10) {
      secured.clock.advance(10 * MINUTE_MS);
      expect((await people.me(cookie)).status).toBe(200);
    }
    secured.clock.advance(10 * MINUTE_MS);

    expect((await people.me(cookie)).status).toBe(401);
  });

  it('ends a session at sign-out, also for whoever copied the cookie', async () => {
    const cookie = await people.signIn(await people.add());

    const { status, setCookie } = await people.send('/api/auth/logout', { cookie });

    expect(status).toBe(204);
    expect(setCookie).toContain('Max-Age=0');
    expect((await people.me(cookie)).status).toBe(401);
  });

  it('asks for the second factor again before keys are made, for ten minutes', async () => {
    const merchantId = await aMerchant(secured.database);
    const person = await people.add('owner', merchantId);
    const cookie = await people.signIn(person);
    const makeKey = () => people.send('/api/admin/api-keys', { cookie, body: { name: 'server' } });
    expect((await makeKey()).status).toBe(201);

    secured.clock.advance(10 * MINUTE_MS + 1);
    const refused = await makeKey();
    const stepUp = await people.send('/api/auth/step-up', { cookie, body: { totp: people.codeOf(person) } });

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
    const cookie = await people.signIn(await people.add());

    expect(await people.send('/api/auth/logout', { cookie, headers })).toMatchObject({ status: 403, body: { code: 'cross_site_request' } });
    expect((await people.me(cookie)).status).toBe(200);
  });

  it('gives a person without a second factor nothing but the means to add one', async () => {
    const person = await people.add();
    await secured.database.query('update users set totp_secret_sealed = null where id = $1', [person.userId]);
    const { setCookie } = await people.login(person.email, person.password);
    const cookie = setCookie.split(';', 1)[0] ?? '';
    expect((await people.send('/api/admin/users', { method: 'GET', cookie })).status).toBe(403);

    const shown = await people.send('/api/auth/totp', { cookie });
    const totp = codeOf(String(shown.body['totpSecret']), secured.clock);
    const confirmed = await people.send('/api/auth/totp/confirm', { cookie, body: { totp } });

    expect(confirmed.status).toBe(200);
    expect(confirmed.body['recoveryCodes']).toHaveLength(10);
    expect((await people.send('/api/admin/users', { method: 'GET', cookie })).status).toBe(200);
  });

  it('does not let a session that was left open replace the second factor', async () => {
    const cookie = await people.signIn(await people.add());
    secured.clock.advance(11 * MINUTE_MS);

    expect(await people.send('/api/auth/totp', { cookie })).toMatchObject({ status: 403, body: { code: 'step_up_required' } });
  });

  it('ends all other sessions when the password changes', async () => {
    const person = await people.add();
    const other = await people.signIn(person);
    const cookie = await people.signIn(person);
    const change = (newPassword: string) =>
      people.send('/api/auth/password', { cookie, body: { currentPassword: person.password, newPassword } });

    expect(await change('password1234')).toMatchObject({ status: 422, body: { code: 'password_refused' } });
    expect((await change('a sentence nobody else says')).status).toBe(204);

    expect((await people.me(other)).status).toBe(401);
    expect((await people.me(cookie)).status).toBe(200);
  });
});
