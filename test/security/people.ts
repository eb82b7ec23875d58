/** What suites of people and their sessions share: somebody with a password and a second factor, and requests from an address of their own. */
import { type FirstSecrets, UsersService } from '#security';
import { codeOf, type SecuredApp } from './secured-app.js';

/** Who does it, for what the suite itself does. */
export const BY = { actor: 'system:test' };

/** An answer, its body parsed. */
export interface PersonAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly setCookie: string;
}

/** Somebody who may sign in. */
export type Person = FirstSecrets & { readonly email: string };

/** How a request differs from a POST without a body and a session, from an address that nobody has used. */
export interface PersonRequest {
  readonly body?: object;
  readonly cookie?: string;
  readonly ip?: string;
  readonly method?: 'GET' | 'PATCH' | 'POST';
  readonly headers?: object;
}

/** Makes people on one app. */
export class People {
  private addresses = 0;
  private count = 0;

  constructor(private readonly secured: SecuredApp) {}

  /** An address of the network that nobody has used. */
  address(): string {
    return `198.51.100.${++this.addresses}`;
  }

  async add(role: 'owner' | 'support' = 'owner', merchantId: string | null = null): Promise<Person> {
    const email = `person${++this.count}@example.com`;
    return { email, ...(await this.secured.app.get(UsersService).create({ email, role, merchantId }, BY)) };
  }

  async send(url: string, { body, cookie, ip = this.address(), method = 'POST', headers }: PersonRequest = {}): Promise<PersonAnswer> {
    const response = await this.secured.app.inject({
      method,
      url,
      remoteAddress: ip,
      headers: { ...(cookie === undefined ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    const json = response.body === '' ? {} : response.json<Record<string, unknown>>();
    return { status: response.statusCode, body: json, setCookie: String(response.headers['set-cookie'] ?? '') };
  }

  /** Who is signed in by a cookie. */
  me(cookie: string): Promise<PersonAnswer> {
    return this.send('/api/auth/me', { method: 'GET', cookie });
  }

  login(email: string, password: string, totp?: string, ip = this.address()): Promise<PersonAnswer> {
    return this.send('/api/auth/login', { body: { email, password, ...(totp === undefined ? {} : { totp }) }, ip });
  }

  /** The code that the person's second factor shows now. */
  codeOf(person: Person): string {
    return codeOf(person.totpSecret, this.secured.clock);
  }

  /** The cookie of a new session. Each sign-in uses up the code of its half minute. */
  async signIn(person: Person, ip = this.address()): Promise<string> {
    this.secured.clock.advance(30_000);
    const { setCookie, status } = await this.login(person.email, person.password, this.codeOf(person), ip);
    expect(status).toBe(204);
    return setCookie.split(';', 1)[0] ?? '';
  }
}
