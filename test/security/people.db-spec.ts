import { HOUR_MS } from '#kernel';
import { UsersService } from '#security';
import { BY, People } from './people.js';
import { aMerchant, codeOf, type SecuredApp, startSecuredApp } from './secured-app.js';

describe('people', () => {
  let secured: SecuredApp;
  let people: People;

  beforeAll(async () => {
    secured = await startSecuredApp();
    people = new People(secured);
  });
  afterAll(() => secured.close());

  it('ends a disabled person’s sessions at once', async () => {
    const [person] = [await people.add(), await people.add()];
    const cookie = await people.signIn(person);

    await secured.app.get(UsersService).disable(person.userId, null, BY);

    expect((await people.me(cookie)).status).toBe(401);
    secured.clock.advance(HOUR_MS);
    expect((await people.login(person.email, person.password, people.codeOf(person))).status).toBe(401);
  });

  it.each(['active', 'disabled'])('gives an %s person who lost everything new secrets, and ends the old ones', async (status) => {
    const users = secured.app.get(UsersService);
    const [owner, person] = [await people.add(), await people.add('support')];
    const [cookie, lost] = [await people.signIn(owner), await people.signIn(person)];
    if (status === 'disabled') await users.disable(person.userId, null, BY);

    const { status: answered, body } = await people.send(`/api/admin/users/${person.userId}/reset`, { cookie });
    const next = body as { password: string; totpSecret: string };

    expect(answered).toBe(200);
    expect((await people.me(lost)).status).toBe(401);
    const code = () => people.codeOf(person);
    expect((await people.login(person.email, person.password, code())).status).toBe(401);
    expect((await people.login(person.email, next.password, person.recoveryCodes[0])).status).toBe(401);
    expect((await people.login(person.email, next.password, codeOf(next.totpSecret, secured.clock))).status).toBe(204);
    const [line] = await secured.database.query(
      `select actor, changes from audit_log where action = 'user_reset' and object_id = $1 order by sequence desc`,
      [person.userId],
    );
    expect(line).toEqual({ actor: `user:${owner.userId}`, changes: { statusBefore: status } });
  });

  it('gives another role from the next request on', async () => {
    const [owner, person] = [await people.add(), await people.add('support')];
    const [cookie, theirs] = [await people.signIn(owner), await people.signIn(person)];

    const changed = await people.send(`/api/admin/users/${person.userId}`, { method: 'PATCH', cookie, body: { role: 'auditor' } });

    expect(changed).toMatchObject({ status: 200, body: { id: person.userId, role: 'auditor' } });
    expect((await people.me(theirs)).body).toMatchObject({ role: 'auditor' });
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
    const owner = await people.add('owner', mine);
    const stranger = await people.add('support', theirs);
    const cookie = await people.signIn(owner);
    const headers = { 'upp-merchant': theirs };

    const { body } = await people.send('/api/admin/users', { method: 'GET', cookie, headers });
    const disabled = await people.send(`/api/admin/users/${stranger.userId}/disable`, { cookie, headers });
    const reset = await people.send(`/api/admin/users/${stranger.userId}/reset`, { cookie, headers });
    const changed = await people.send(`/api/admin/users/${stranger.userId}`, { method: 'PATCH', cookie, headers, body: { role: 'owner' } });

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
});
