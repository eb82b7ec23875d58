import net from 'node:net';
import { type PortSetting, StartRefusedError } from './settings.js';

/**
 * Looks before anything is started, so that a refusal leaves nothing running.
 *
 * @throws StartRefusedError naming the port and the variable that changes it.
 */
export async function checkPortsAreFree(host: string, settings: readonly PortSetting[]): Promise<void> {
  for (const { variable, port } of settings) {
    const problem = await tryToListen(host, port);
    if (problem === null) continue;
    const reason = problem === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used on ${host} (${problem})`;
    throw new StartRefusedError(
      `Port ${port} ${reason}. Choose another with ${variable}, for example: ${variable}=${port + 100} npm start`,
    );
  }
}

/** The error's code when the port cannot be listened on; null when it can. */
function tryToListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => {
        resolve(null);
      });
    });
  });
}
