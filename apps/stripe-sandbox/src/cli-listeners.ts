/** `stripe listen`: Stripe's command line hears events over a websocket and forwards them, signed, to a local address. */
import { type IncomingMessage, type Server } from 'node:http';
import { type Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Account } from './account.js';
import { eventJson, type RecordedEvent } from './events.js';
import { type CliSession } from './resources/cli-sessions.js';
import { type Sandbox } from './sandbox.js';
import { signatureHeader } from './signature.js';

const PROTOCOL = 'stripecli-devproxy-v1';
const PATH = '/v1/stripecli/websocket';

/** The command lines that listen now. What happens while none listens is not sent later, as at Stripe. */
export class CliListeners {
  private readonly sockets = new Map<WebSocket, CliSession>();
  private readonly upgrades = new WebSocketServer({ noServer: true, handleProtocols: () => PROTOCOL });

  constructor(private readonly sandbox: Sandbox) {
    sandbox.events.listen((event, account) => {
      for (const [socket, session] of this.sockets) this.send(socket, session, event, account);
    });
  }

  /** Takes websocket upgrades of a server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      this.upgrade(request, socket, head);
    });
  }

  /** Ends every connection. */
  close(): void {
    for (const socket of this.sockets.keys()) socket.terminate();
    this.upgrades.close();
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const id = request.headers['websocket-id'];
    const session = typeof id === 'string' ? this.sandbox.cliSessions.find(id) : undefined;
    if (!request.url?.startsWith(PATH) || !session) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    this.upgrades.handleUpgrade(request, socket, head, (connected) => {
      this.sockets.set(connected, session);
      connected.on('close', () => this.sockets.delete(connected));
      // A broken connection closes too; its error says nothing more.
      connected.on('error', () => this.sockets.delete(connected));
    });
  }

  private send(socket: WebSocket, session: CliSession, event: RecordedEvent, account: Account): void {
    const payload = eventJson(event, account);
    const conversation = this.sandbox.delivery.newConversationId();
    socket.send(
      JSON.stringify({
        type: 'webhook_event',
        endpoint: { api_version: null },
        event_payload: payload,
        http_headers: {
          'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          Accept: '*/*; q=0.5, application/xml',
          'Cache-Control': 'no-cache',
          'Content-Type': 'application/json; charset=utf-8',
          'Stripe-Signature': signatureHeader(payload, [session.secret], this.sandbox.clock.now()),
        },
        webhook_conversation_id: conversation,
        webhook_id: conversation,
      }),
    );
  }
}
