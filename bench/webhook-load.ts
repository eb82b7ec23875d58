/** Signed events and a sender of them that costs little beside the server: raw sockets and requests made beforehand. */
import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** An event ready to be sent. */
export interface SignedEvent {
  readonly id: string;
  readonly body: Buffer;
  readonly signature: string;
}

/** What a round measured. */
export interface LoadResult {
  readonly sent: number;
  readonly accepted: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Distinct `payment_intent.succeeded` events of about 2.5 KB, signed now. */
export function signedEvents(count: number, prefix: string, secret: string): SignedEvent[] {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return Array.from({ length: count }, (_, index) => {
    const id = `evt_${prefix}${String(index).padStart(10, '0')}`;
    const body = Buffer.from(JSON.stringify(eventOf(id, `pi_${prefix}${String(index).padStart(10, '0')}`, nowSeconds), null, 2));
    return { id, body, signature: sign(body, secret, nowSeconds) };
  });
}

/** The header that Stripe would send with the body. */
export function sign(body: Buffer, secret: string, atSeconds: number): string {
  const signature = createHmac('sha256', secret)
    .update(`${String(atSeconds)}.`)
    .update(body)
    .digest('hex');
  return `t=${String(atSeconds)},v1=${signature}`;
}

/** Sends events over `connections` sockets, each waiting for its answer before the next, until `seconds` are over or none is left. */
export async function load(
  target: { port: number; path: string },
  events: readonly SignedEvent[],
  options: { connections: number; seconds: number; onAccepted?: (event: SignedEvent) => void },
): Promise<LoadResult> {
  const requests = events.map((event) => requestOf(event, target.path));
  const latencies: number[] = [];
  const startedMs = performance.now();
  const endsMs = startedMs + options.seconds * 1_000;
  let next = 0;
  let accepted = 0;
  const take = (): number | null => (next < requests.length && performance.now() < endsMs ? next++ : null);
  const lanes = Array.from({ length: options.connections }, () =>
    sendAll(target.port, requests, take, (index, status, ms) => {
      latencies.push(ms);
      const event = events[index];
      if (status < 200 || status > 299 || event === undefined) return;
      accepted++;
      options.onAccepted?.(event);
    }),
  );
  await Promise.all(lanes);
  const seconds = (performance.now() - startedMs) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { sent: latencies.length, accepted, seconds, perSecond: accepted / seconds, p50: at(0.5), p99: at(0.99) };
}

function sendAll(
  port: number,
  requests: readonly Buffer[],
  take: () => number | null,
  onAnswer: (index: number, status: number, ms: number) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let socket: Socket;
    let current: number | null = null;
    let sentMs = 0;
    let answer = '';
    const sendNext = (): void => {
      current = take();
      const request = current === null ? undefined : requests[current];
      if (request === undefined) {
        socket.destroy();
        resolve();
        return;
      }
      sentMs = performance.now();
      socket.write(request);
    };
    const open = (): void => {
      socket = connect({ port, host: '127.0.0.1', noDelay: true }, sendNext);
      socket.setEncoding('latin1');
      socket.on('data', (chunk: string) => {
        answer += chunk;
        if (!isComplete(answer) || current === null) return;
        const status = Number(answer.slice(9, 12));
        const closes = /\r\nconnection: close\r\n/i.test(answer);
        answer = '';
        onAnswer(current, status, performance.now() - sentMs);
        current = null;
        if (closes) socket.destroy();
        else sendNext();
      });
      // The server went away: the sender of a killed server ends, as its events stay unacknowledged.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        resolve();
      });
    };
    open();
  });
}

function isComplete(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer.slice(0, end + 2));
  if (length) return answer.length >= end + 4 + Number(length[1]);
  return answer.endsWith('0\r\n\r\n');
}

function requestOf(event: SignedEvent, path: string): Buffer {
  const head =
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\nAccept: */*; q=0.5, application/xml\r\n` +
    `Cache-Control: no-cache\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${String(event.body.length)}\r\n` +
    `Stripe-Signature: ${event.signature}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), event.body]);
}

function eventOf(id: string, intentId: string, createdSeconds: number): unknown {
  return {
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: createdSeconds,
    data: {
      object: {
        id: intentId,
        object: 'payment_intent',
        amount: 1099,
        amount_capturable: 0,
        amount_details: { tip: {} },
        amount_received: 1099,
        application: null,
        application_fee_amount: null,
        automatic_payment_methods: null,
        canceled_at: null,
        cancellation_reason: null,
        capture_method: 'automatic',
        client_secret: `${intentId}_secret_0123456789abcdefghijklmno`,
        confirmation_method: 'automatic',
        created: createdSeconds,
        currency: 'usd',
        customer: `cus_${id.slice(-14)}`,
        description: 'Order of one flat white and one almond croissant at the counter of the shop in the high street',
        excluded_payment_method_types: null,
        last_payment_error: null,
        latest_charge: `ch_${id.slice(-20)}`,
        livemode: false,
        metadata: {
          upp_merchant_id: 'mer_01jd8y3v5kq2e9c7x4m6n0r1st',
          upp_payment_id: `pay_${id.slice(-20)}`,
          order: id.slice(-10),
        },
        next_action: null,
        on_behalf_of: null,
        payment_method: `pm_${id.slice(-20)}`,
        payment_method_configuration_details: null,
        payment_method_options: {
          card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
        },
        payment_method_types: ['card'],
        processing: null,
        receipt_email: null,
        review: null,
        setup_future_usage: null,
        shipping: {
          address: { city: 'San Francisco', country: 'US', line1: '510 Townsend Street', line2: null, postal_code: '94103', state: 'CA' },
          carrier: null,
          name: 'Jenny Rosen',
          phone: '+14155550132',
          tracking_number: null,
        },
        source: null,
        statement_descriptor: null,
        statement_descriptor_suffix: null,
        status: 'succeeded',
        transfer_data: null,
        transfer_group: null,
      },
    },
    livemode: false,
    pending_webhooks: 1,
    request: { id: `req_${id.slice(-14)}`, idempotency_key: `test:confirm:pat_${id.slice(-20)}` },
    type: 'payment_intent.succeeded',
  };
}
