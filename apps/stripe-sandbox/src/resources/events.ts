/** The events of the last thirty days, or as many as the sandbox keeps. */
import { type Call, pathId, route } from '../call.js';
import { noSuch } from '../errors.js';
import { eventObject, type RecordedEvent } from '../events.js';
import { listPage, type ListParameters } from '../lists.js';

interface EventListParameters extends ListParameters {
  type?: string;
  types?: string[];
  delivery_success?: boolean;
}

function list(call: Call<EventListParameters>): object {
  const { type, types, delivery_success: isDelivered } = call.parameters;
  const matches = (event: RecordedEvent) =>
    (type === undefined || matchesType(event.type, type)) &&
    (types === undefined || types.some((each) => matchesType(event.type, each))) &&
    // Stripe counts an event as failed while any endpoint still lacks it.
    (isDelivered === undefined || isDelivered === (event.pendingWebhooks === 0 && event.failedWebhooks === 0));
  return listPage(call, call.account.events, matches, (event) => eventObject(event, call.account));
}

/** `charge.*` stands for every event of charges. */
function matchesType(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

function get(call: Call<unknown>): RecordedEvent {
  const id = pathId(call);
  const event = call.account.events.find(id);
  if (!event) throw noSuch('event', id);
  return event;
}

/** What `stripe events resend` calls. */
function retry(call: Call<{ webhook_endpoint?: string }>): object {
  const event = get(call);
  const { webhook_endpoint: id } = call.parameters;
  const endpoints = [...call.account.webhookEndpoints.all()].filter((each) => id === undefined || each.id === id);
  if (id !== undefined && endpoints.length === 0) throw noSuch('webhook endpoint', id, 'webhook_endpoint', 400);
  for (const endpoint of endpoints) call.sandbox.delivery.resend(event, call.account, endpoint);
  return eventObject(event, call.account);
}

/** Routes of events. */
export const eventRoutes = [
  route('GET /v1/events', 'EventListParams', list),
  route('GET /v1/events/{id}', 'EventRetrieveParams', (call: Call) => eventObject(get(call), call.account)),
  route('POST /v1/events/{id}/retry', null, retry),
];
