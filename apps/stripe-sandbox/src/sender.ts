/** Posts webhooks over kept connections. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** Stripe gives an endpoint this long. */
const TIMEOUT_MS = 10_000;
const MAX_SOCKETS_PER_HOST = 32;

/** The outgoing side of the webhooks. */
export class WebhookSender {
  private readonly http = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS_PER_HOST });
  private readonly https = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS_PER_HOST });

  /** Posts a signed body. @returns The endpoint's status, or null when none came in ten seconds. */
  post(url: string, body: string, signature: string): Promise<number | null> {
    return new Promise((resolve) => {
      const isHttps = url.startsWith('https:');
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        accept: '*/*; q=0.5, application/xml',
        'cache-control': 'no-cache',
        'stripe-signature': signature,
      };
      const options = { method: 'POST', headers, agent: isHttps ? this.https : this.http, timeout: TIMEOUT_MS };
      const request = (isHttps ? httpsRequest : httpRequest)(url, options, (response) => {
        response.resume();
        response.on('close', () => {
          resolve(response.complete ? (response.statusCode ?? null) : null);
        });
      });
      request.on('timeout', () => request.destroy(new Error('the endpoint did not answer in time')));
      request.on('error', () => {
        resolve(null);
      });
      request.end(body);
    });
  }

  /** Closes every connection; posts under way end without a status. */
  close(): void {
    this.http.destroy();
    this.https.destroy();
  }
}
