/** Test clocks: a time of their own for some customers and their subscriptions. */
import { type Call, pathId, route } from '../call.js';
import { invalidParameter, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { type StripeObject } from '../store.js';
import { bringToTime } from './subscriptions.js';

/** A test clock. */
export interface TestClock extends StripeObject {
  object: 'test_helpers.test_clock';
  created: number;
  deletes_after: number;
  frozen_time: number;
  livemode: false;
  name: string | null;
  status: 'ready' | 'advancing';
  status_details: object;
}

const LIFETIME_SECONDS = 30 * 86_400;

function create({ sandbox, account, parameters }: Call<{ frozen_time: number; name?: string }>): object {
  const now = sandbox.clock.now();
  const clock = account.testClocks.put({
    id: `clock_1${sandbox.store.random.letters(23)}`,
    object: 'test_helpers.test_clock',
    created: now,
    deletes_after: now + LIFETIME_SECONDS,
    frozen_time: parameters.frozen_time,
    livemode: false,
    name: parameters.name ?? null,
    status: 'ready',
    status_details: {},
  });
  sandbox.events.record(account, 'test_helpers.test_clock.created', clock);
  return clock;
}

function advance(call: Call<{ frozen_time: number }>): object {
  const { sandbox, account, parameters } = call;
  const clock = get(call);
  if (parameters.frozen_time <= clock.frozen_time)
    throw invalidParameter('frozen_time must be after the current frozen time of the clock.', 'frozen_time');
  clock.status = 'advancing';
  sandbox.events.record(account, 'test_helpers.test_clock.advancing', clock);
  bringToTime(sandbox, account, clock, parameters.frozen_time);
  clock.frozen_time = parameters.frozen_time;
  clock.status = 'ready';
  account.testClocks.put(clock);
  sandbox.events.record(account, 'test_helpers.test_clock.ready', clock);
  return clock;
}

function remove(call: Call): object {
  const clock = get(call);
  call.account.testClocks.remove(clock.id);
  for (const customer of call.account.customers.all()) if (customer.test_clock === clock.id) call.account.customers.remove(customer.id);
  call.sandbox.events.record(call.account, 'test_helpers.test_clock.deleted', clock);
  return { id: clock.id, object: 'test_helpers.test_clock', deleted: true };
}

function get(call: Call<unknown>): TestClock {
  const clock = call.account.testClocks.find(pathId(call));
  if (!clock) throw noSuch('test clock', pathId(call));
  return clock;
}

/** Routes of test clocks. */
export const testClockRoutes = [
  route('POST /v1/test_helpers/test_clocks', 'TestHelpers.TestClockCreateParams', create),
  route('GET /v1/test_helpers/test_clocks', 'TestHelpers.TestClockListParams', (call: Call<ListParameters>) =>
    listPage(call, call.account.testClocks),
  ),
  route('GET /v1/test_helpers/test_clocks/{id}', 'TestHelpers.TestClockRetrieveParams', (call: Call) => get(call)),
  route('POST /v1/test_helpers/test_clocks/{id}/advance', 'TestHelpers.TestClockAdvanceParams', advance),
  route('DELETE /v1/test_helpers/test_clocks/{id}', 'TestHelpers.TestClockDeleteParams', remove),
];
