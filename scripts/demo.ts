/** `npm run demo`: a day of all six businesses on every kind of device, against the running product and through its public API only. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { DAY, type Scene, SHOPS } from './demo/day.js';
import { Tally } from './demo/tally.js';

const FOLDER = process.env['UPP_DATA_DIR'] ?? '.upp';
// As many payers at once as a small town has at lunch; more would only queue.
const PAYERS = 4;

interface Credentials {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** What this program looks at of an answer. */
interface Made {
  readonly id?: string;
  readonly status?: string | number;
}

interface Answer {
  readonly status: number;
  readonly body: Made & { readonly payment?: Made };
}

function readCredentials(): Credentials {
  try {
    return JSON.parse(readFileSync(path.join(FOLDER, 'credentials.json'), 'utf8')) as Credentials;
  } catch {
    throw new Error(`There are no credentials in ${FOLDER}. Start the product first, in another terminal: npm start`);
  }
}

async function main(): Promise<void> {
  const { baseUrl, apiKey } = readCredentials();
  const post = async (route: string, body: unknown): Promise<Answer> => {
    const response = await fetch(`${baseUrl}${route}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify(body),
    }).catch(() => {
      throw new Error(`Nobody answers at ${baseUrl}. Start the product first, in another terminal: npm start`);
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
  const tally = new Tally(DAY.length);
  const devices = await openShops(post);
  const scenes = DAY.values();
  await Promise.all(Array.from({ length: PAYERS }, () => payAll(scenes, (scene) => play(scene, devices, post, tally))));
  tally.print();
  process.exitCode = tally.failures === 0 ? 0 : 1;
}

/** Registers each shop's device; one of them is on the blacklist before the day begins. */
async function openShops(post: (route: string, body: unknown) => Promise<Answer>): Promise<ReadonlyMap<string, string>> {
  const run = randomUUID().slice(0, 8);
  const devices = new Map<string, string>();
  for (const shop of SHOPS) {
    const { status, body } = await post('/api/devices', {
      type: shop.deviceType,
      fingerprint: `demo-${run}-${shop.name}`,
      capabilities: shop.capabilities,
      name: shop.name,
      businessType: shop.businessType,
      authorisedForAutomatedPayments: shop.businessType === 'iot',
    });
    if (status !== 201) throw new Error(`The device of ${shop.name} was not registered: ${JSON.stringify(body)}`);
    const id = body.id ?? '';
    devices.set(shop.name, id);
    if (shop.isStolen) {
      const entry = {
        kind: 'device',
        value: body.id as string,
        reason: 'reported stolen (demo)',
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      };
      const blocked = await post('/api/admin/blacklist', entry);
      if (blocked.status !== 201) throw new Error(`The stolen device was not blocked: ${JSON.stringify(blocked.body)}`);
    }
  }
  return devices;
}

async function payAll(scenes: Iterator<Scene>, pay: (scene: Scene) => Promise<void>): Promise<void> {
  for (let next = scenes.next(); !next.done; next = scenes.next()) await pay(next.value);
}

async function play(
  scene: Scene,
  devices: ReadonlyMap<string, string>,
  post: (route: string, body: unknown) => Promise<Answer>,
  tally: Tally,
): Promise<void> {
  const { shop, captures, ...payment } = scene;
  const { status, body } = await post('/api/payments', { ...payment, deviceId: devices.get(shop.name), businessType: shop.businessType });
  const made = body.payment ?? body;
  if (captures && made.status === 'requires_capture') {
    const captured = await post(`/api/payments/${made.id ?? ''}/capture`, {});
    tally.count(shop, captured.status === 200 ? 'succeeded' : 'failed', scene, captured.body);
    return;
  }
  tally.count(shop, outcomeOf(status, made.status), scene, body);
}

function outcomeOf(httpStatus: number, status: Made['status']): Parameters<Tally['count']>[1] {
  if (httpStatus === 402) return status === 'blocked' ? 'blocked' : 'declined';
  switch (status) {
    case 'succeeded':
      return 'succeeded';
    case 'requires_action':
      return '3-D Secure';
    case 'in_review':
      return 'in review';
    case 'accumulating':
      return 'accumulating';
    case 'processing':
      return 'unknown';
    default:
      return 'failed';
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
