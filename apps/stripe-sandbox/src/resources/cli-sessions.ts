/** Sessions of `stripe listen`. */
import { createHash } from 'node:crypto';
import { type Call, route } from '../call.js';
import { API_VERSION } from '../api-version.js';
import { type StripeObject } from '../store.js';

/** A command line that may connect. */
export interface CliSession extends StripeObject {
  object: 'cli_session';
  /** Signs what it forwards; the same for one device, as at Stripe. */
  secret: string;
}

const RECONNECT_SECONDS = 10;

function create({ sandbox, account, parameters }: Call<{ device_name?: string }>): object {
  const { device_name: device = '' } = parameters;
  const secret = `whsec_${createHash('sha256').update(`${account.id}/${device}`).digest('hex')}`;
  const session = sandbox.cliSessions.put({ id: `cliws_${sandbox.store.random.letters(24)}`, object: 'cli_session', secret });
  return {
    default_version: API_VERSION,
    display_connect_filter_warning: false,
    latest_version: API_VERSION,
    reconnect_delay: RECONNECT_SECONDS,
    secret,
    websocket_authorized_feature: 'webhooks',
    websocket_id: session.id,
    websocket_url: `${sandbox.baseUrl.replace(/^http/, 'ws')}/v1/stripecli/websocket`,
  };
}

/** Routes of the command line. */
export const cliSessionRoutes = [route('POST /v1/stripecli/sessions', null, create)];
