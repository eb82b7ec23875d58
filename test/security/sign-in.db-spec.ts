import { SecurityIncidents } from '#security';
import { People } from './people.js';
import { aMerchant, type SecuredApp, startSecuredApp } from './secured-app.js';

describe('signing in', () => {
  let secured: SecuredApp;
  let people: People;

  beforeAll(async () => {
    secured = await startSecuredApp();
    people = new People(secured);
  });
  afterAll(() => secured.close());

  it('answers with a cookie that scripts and other sites cannot use', async () => {
    const person = await people.add();

    const { status, setCookie } = await people.login(person.email.toUpperCase(), person.password, people.codeOf(person));

    expect(status).toBe(204);
    expect(setCookie).toMatch(/^upp_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  });

  it('binds the cookie to the host and to TLS in production', async () => {
    const production = await startSecuredApp({
      databaseUrl: secured.databaseUrl,
      environment: { NODE_ENV: 'production', STRIPE_WEBHOOK_SECRET: 'whsec_0123456789abcdef' },
      clock: secured.clock,
    });
    const person = await people.add();
    const payload = { email: person.email, password: person.password, totp: people.codeOf(person) };

    const response = await production.app.inject({ method: 'POST', url: '/api/auth/login', payload });

    await production.close();
    expect(response.headers['set-cookie']).toMatch(/^__Host-upp_session=.*; Secure$/);
  });

  it('says who is signed in and what they may do', async () => {
    const merchantId = await aMerchant(secured.database);
    const person = await people.add('support', merchantId);
    const cookie = await people.signIn(person);

    const { body } = await people.me(cookie);

    expect(body).toMatchObject({ object: 'user', id: person.userId, email: person.email, role: 'support', merchantId });
    expect(body['scopes']).toContain('refunds:write');
  });

  it('says the same of a wrong password and of an unknown address', async () => {
    const person = await people.add();

    const wrong = await people.login(person.email, 'wrong');
    const unknown = await people.login('nobody@example.com', 'wrong');

    expect(wrong).toMatchObject({ status: 401, body: { code: 'credentials_invalid' } });
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
  });

  it('asks for the second factor, and takes each code once', async () => {
    const person = await people.add();
    const code = people.codeOf(person);

    expect(await people.login(person.email, person.password)).toMatchObject({ status: 401, body: { code: 'totp_required' } });
    expect((await people.login(person.email, person.password, code)).status).toBe(204);
    expect(await people.login(person.email, person.password, code)).toMatchObject({ status: 401, body: { code: 'totp_invalid' } });
  });

  it('takes one of two requests with the same code at the same time', async () => {
    const person = await people.add();
    const code = people.codeOf(person);

    const answers = await Promise.all([
      people.login(person.email, person.password, code),
      people.login(person.email, person.password, code),
    ]);

    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
  });

  it('takes a recovery code once', async () => {
    const person = await people.add();
    const [code = ''] = person.recoveryCodes;

    expect((await people.login(person.email, person.password, code)).status).toBe(204);
    expect((await people.login(person.email, person.password, code)).status).toBe(401);
  });

  it('refuses the sixth attempt from one network in 15 minutes, even with the right password, and tells nobody else', async () => {
    const person = await people.add();
    const attacker = people.address();
    for (let index = 0; index < 5; index++) expect((await people.login(person.email, 'wrong', undefined, attacker)).status).toBe(401);

    const sixth = await people.login(person.email, person.password, people.codeOf(person), attacker);
    const owner = await people.login(person.email, person.password, people.codeOf(person));
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
    const person = await people.add();
    const attacker = people.address();
    const [name = '', host = ''] = person.email.split('@');
    const spellings = [name.toUpperCase() + '@' + host, `${name}@${host.toUpperCase()}`, person.email.toUpperCase(), person.email];

    const all: number[] = [];
    for (let n = 0; n < 6; n++) all.push((await people.login(spellings[n % spellings.length] ?? '', 'wrong', undefined, attacker)).status);

    expect(all).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it('never locks the owner out, however many networks try the address', async () => {
    const person = await people.add();
    for (let index = 0; index < 21; index++) await people.login(person.email, 'wrong');

    const owner = await people.login(person.email, person.password, people.codeOf(person));

    expect(owner.status).toBe(204);
  });

  it('forgives the attempts of somebody who gets it right', async () => {
    const person = await people.add();
    const ip = people.address();

    for (let index = 0; index < 7; index++) expect(await people.signIn(person, ip)).not.toBe('');
  });

  it('stores neither password, code nor cookie in a form that opens anything', async () => {
    const person = await people.add();
    const cookie = await people.signIn(person);

    const rows = await secured.database.query<{ text: string }>(
      `select (select jsonb_agg(u)::text from users u) || (select jsonb_agg(s)::text from sessions s) || (select jsonb_agg(r)::text from recovery_codes r)
              || (select jsonb_agg(a)::text from audit_log a) as text`,
    );

    for (const secret of [person.password, person.totpSecret, ...person.recoveryCodes, cookie.split('=')[1] ?? '']) {
      expect(rows[0]?.text).not.toContain(secret);
    }
  });
});
