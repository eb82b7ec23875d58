/** Webhook endpoints: where events are sent. */
import { type Account } from '../account.js';
import { type Call, pathId, route } from '../call.js';
import { invalidParameter, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';

/** An endpoint as it is kept; {@link show} is what the API answers. */
export interface WebhookEndpoint {
  id: string;
  object: 'webhook_endpoint';
  api_version: string | null;
  application: null;
  created: number;
  description: string | null;
  enabled_events: string[];
  livemode: false;
  metadata: Metadata;
  status: 'enabled' | 'disabled';
  url: string;
  /** Hears the connected accounts' events instead of the platform's. */
  isConnect: boolean;
  /** Signing secrets: the newest first, then those that a rotation lets expire. */
  secrets: { value: string; expiresAtMs: number | null }[];
}

interface EndpointParameters {
  url?: string;
  enabled_events?: string[];
  api_version?: string;
  connect?: boolean;
  description?: string;
  metadata?: Metadata | '';
  disabled?: boolean;
}

/** Creates an endpoint; `secret` is chosen by the sandbox unless it is given at start. */
export function createEndpoint(
  sandbox: Sandbox,
  account: Account,
  input: EndpointParameters & { url: string },
  secret?: string,
): WebhookEndpoint {
  return account.webhookEndpoints.put({
    id: `we_1${sandbox.store.random.letters(23)}`,
    object: 'webhook_endpoint',
    api_version: input.api_version ?? null,
    application: null,
    created: sandbox.clock.now(),
    description: input.description ?? null,
    enabled_events: input.enabled_events ?? ['*'],
    livemode: false,
    metadata: mergeMetadata({}, input.metadata),
    status: 'enabled',
    url: input.url,
    isConnect: input.connect ?? false,
    secrets: [{ value: secret ?? sandbox.store.newId('whsec', 32), expiresAtMs: null }],
  });
}

function create(call: Call<EndpointParameters & { url: string }>): object {
  assertUrl(call.parameters.url);
  const endpoint = createEndpoint(call.sandbox, call.account, call.parameters);
  // The secret is shown here and never again.
  return { ...show(endpoint), secret: endpoint.secrets[0]?.value };
}

function update(call: Call<EndpointParameters>): object {
  const endpoint = get(call);
  const { url, enabled_events: events, description, metadata, disabled } = call.parameters;
  if (url !== undefined) assertUrl(url);
  endpoint.url = url ?? endpoint.url;
  endpoint.enabled_events = events ?? endpoint.enabled_events;
  endpoint.description = description === undefined ? endpoint.description : description || null;
  endpoint.metadata = mergeMetadata(endpoint.metadata, metadata);
  if (disabled !== undefined) endpoint.status = disabled ? 'disabled' : 'enabled';
  return show(call.account.webhookEndpoints.put(endpoint));
}

function remove(call: Call): object {
  const { id } = get(call);
  call.account.webhookEndpoints.remove(id);
  return { id, object: 'webhook_endpoint', deleted: true };
}

function get(call: Call<unknown>): WebhookEndpoint {
  const id = pathId(call);
  const endpoint = call.account.webhookEndpoints.find(id);
  if (!endpoint) throw noSuch('webhook endpoint', id);
  return endpoint;
}

function assertUrl(url: string): void {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw invalidParameter('Invalid URL: An explicit scheme (such as https) must be provided.', 'url', 'url_invalid');
}

function show(endpoint: WebhookEndpoint): object {
  return { ...endpoint, isConnect: undefined, secrets: undefined };
}

/** Routes of webhook endpoints. */
export const webhookEndpointRoutes = [
  route('POST /v1/webhook_endpoints', 'WebhookEndpointCreateParams', create),
  route('GET /v1/webhook_endpoints', 'WebhookEndpointListParams', (call: Call<ListParameters>) =>
    listPage(call, call.account.webhookEndpoints, undefined, show),
  ),
  route('GET /v1/webhook_endpoints/{id}', 'WebhookEndpointRetrieveParams', (call: Call) => show(get(call))),
  route('POST /v1/webhook_endpoints/{id}', 'WebhookEndpointUpdateParams', update),
  route('DELETE /v1/webhook_endpoints/{id}', 'WebhookEndpointDeleteParams', remove),
];
