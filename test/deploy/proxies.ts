/** The examples of `deploy/` as they are delivered, with the ports and folders of a rehearsal. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where the proxy listens, and where the api's processes do. */
export interface ProxyPorts {
  readonly plain: number;
  readonly tls: number;
  readonly api: readonly number[];
}

/** Writes `haproxy.cfg`; its socket is `admin.sock` and its certificates are in `tls/live`, all in `folder`. */
export function writeHaproxy(folder: string, ports: ProxyPorts): void {
  const text = example('haproxy/haproxy.cfg')
    .replace('log /dev/log local0', '')
    // Not more than the test's own limit of open files allows.
    .replace('maxconn 20000', 'maxconn 500')
    .replaceAll('/run/haproxy', folder)
    .replaceAll('/etc/upp/tls', path.join(folder, 'tls'))
    .replace('bind :80', `bind 127.0.0.1:${ports.plain}`)
    .replace('bind :443', `bind 127.0.0.1:${ports.tls}`);
  writeFileSync(path.join(folder, 'haproxy.cfg'), withApi(text, ports));
}

/** Writes `nginx/main.conf` and what it includes; its certificates are in `tls/live`, all in `folder`. */
export function writeNginx(folder: string, ports: ProxyPorts): void {
  const own = path.join(folder, 'nginx');
  const site = example('nginx/upp.conf')
    .replaceAll('/etc/nginx', own)
    .replaceAll('/etc/upp/tls', path.join(folder, 'tls'))
    .replaceAll('listen 80', `listen 127.0.0.1:${ports.plain}`)
    .replace('listen 443', `listen 127.0.0.1:${ports.tls}`);
  writeFileSync(path.join(own, 'upp.conf'), site);
  writeFileSync(path.join(own, 'upp-upstream.conf'), withApi(example('nginx/upp-upstream.conf'), ports));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${own}/${kind};`);
  const frame = `pid ${own}/nginx.pid; error_log stderr warn; worker_processes 2; events {} daemon off;`;
  writeFileSync(path.join(own, 'main.conf'), `${frame}\nhttp { access_log off; ${temporary.join(' ')} include ${own}/upp.conf; }\n`);
}

function example(name: string): string {
  return readFileSync(path.resolve('deploy', name), 'utf8');
}

function withApi(text: string, { api }: ProxyPorts): string {
  const [first = 0, second = 0] = api;
  return text.replaceAll('3001', String(first)).replaceAll('3002', String(second));
}
