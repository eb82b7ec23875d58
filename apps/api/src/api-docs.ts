/** `/docs`: the contract for people, by Swagger UI from this process; nothing is loaded from elsewhere. */
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};
const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Universal Payment Protocol: API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="contract"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>`;
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#contract' });`;
// Swagger UI writes style attributes and draws its icons as data; scripts come from here alone.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/** Serves the page, its script and Swagger UI's two files. */
export function serveApiDocs(app: NestFastifyApplication): void {
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const fastify = app.getHttpAdapter().getInstance();
  const serve = (route: string, type: string, body: () => unknown): void => {
    fastify.get(route, (_request, reply) => reply.header('content-security-policy', POLICY).header('content-type', type).send(body()));
  };
  serve('/docs', 'text/html; charset=utf-8', () => PAGE);
  serve('/docs/start.js', 'text/javascript; charset=utf-8', () => START);
  for (const [name, type] of Object.entries(ASSETS)) serve(`/docs/${name}`, type, () => createReadStream(path.join(folder, name)));
}
