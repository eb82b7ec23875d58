import { spawnSync } from 'node:child_process';
import { AppConfig, openDatabase } from '#platform';
import { DEBIAN_POSTGRES, DebianPostgres, requiresProgram } from '#test';

requiresProgram(DEBIAN_POSTGRES)('a database whose owner may not make roles', () => {
  let postgres: DebianPostgres;
  let url: string;

  beforeAll(async () => {
    postgres = await DebianPostgres.start();
    await postgres.query('postgres', 'create role shop login');
    await postgres.query('postgres', 'create database shop owner shop');
    url = postgres.urlOf('shop').replace('upp@', 'shop@');
  });
  afterAll(() => postgres.stop());

  const environment = () => ({
    DATABASE_URL: url,
    STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
    API_KEY_PEPPER: 'pepper-of-the-tests-0123456789abcdef',
    ENCRYPTION_KEY: 'encryption-key-of-the-tests-0123456789',
  });

  function migrate(): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, ['dist/scripts/migrate.js'], { env: { ...process.env, ...environment() }, encoding: 'utf8' });
  }

  async function roleOfTheProduct(): Promise<unknown> {
    const { database, close } = await openDatabase(url, new AppConfig(environment()));
    const rows = await database.query('select current_user as role, count(*) as merchants from merchants');
    await close();
    return rows[0];
  }

  it('works with one wall and says how to get the second, which comes with the next run of the migrations', async () => {
    const first = migrate();
    const alone = await roleOfTheProduct();
    await postgres.query('shop', 'create role upp_app nologin');
    await postgres.query('shop', 'grant upp_app to shop');
    const unprepared = await roleOfTheProduct();
    const second = migrate();
    const behindTwo = await roleOfTheProduct();

    expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining('create role upp_app nologin; grant upp_app to "shop"') });
    expect(alone).toEqual({ role: 'shop', merchants: 0 });
    expect(unprepared).toEqual({ role: 'shop', merchants: 0 });
    expect(second).toMatchObject({ status: 0, stdout: 'The schema is that of this release.\n', stderr: '' });
    expect(behindTwo).toEqual({ role: 'upp_app', merchants: 0 });
  });
});
