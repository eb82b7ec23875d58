import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance } from 'fastify';

/**
 * When the server closes, lets running requests end and then ends their connections; those that only wait for a next request end at once.
 *
 * Node 24 does so by itself. Node 20 does it on HTTP/1.1 servers alone: on one that speaks HTTP/2 too, a process would drain for as long as
 * the last client keeps its connection, a minute and more.
 */
export function endIdleConnectionsOnClose(fastify: FastifyInstance): void {
  const server = fastify.server as unknown as Http2SecureServer;
  const sessions = new Set<ServerHttp2Session>();
  const idle = new Set<TLSSocket>();
  let isClosing = false;

  const rest = (socket: TLSSocket): void => {
    if (isClosing) socket.destroySoon();
    else if (!socket.destroyed) idle.add(socket);
  };
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    if (isClosing) session.close();
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') return;
    rest(socket);
    socket.once('close', () => idle.delete(socket));
  });
  server.on('request', (request: unknown, response: unknown) => {
    const { httpVersionMajor, socket } = request as IncomingMessage & { socket: TLSSocket };
    if (httpVersionMajor > 1) return;
    idle.delete(socket);
    (response as ServerResponse).once('close', () => {
      rest(socket);
    });
  });
  fastify.addHook('preClose', (done) => {
    isClosing = true;
    for (const session of sessions) session.close();
    for (const socket of idle) socket.destroySoon();
    done();
  });
}
