/** The OpenAPI document, built from the controllers and DTOs: the contract is what the code says. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem document; members beyond these depend on the code.',
  required: ['type', 'title', 'status', 'detail', 'code', 'advice', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'For people.' },
    code: { type: 'string', description: 'Stable, for programs; listed in docs/api.md.' },
    param: { type: 'string', description: 'The field at fault.' },
    advice: { type: 'string', enum: ['retry', 'fix', 'contact_issuer', 'do_not_retry'] },
    requestId: { type: 'string' },
  },
} as const;

/** The document of a running application. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Universal Payment Protocol')
    .setDescription(
      'Payments from any device, through Stripe. Amounts are integers in minor units; times are RFC 3339 UTC; errors are problem+json.',
    )
    .setVersion('0.1.0')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'upp_test_sk_… (merchant), upp_test_dk_… (device), upp_test_rk_… (restricted)',
    })
    .build();
  const document = SwaggerModule.createDocument(app, config);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: { ...PROBLEM } as never } };
  for (const path of Object.values(document.paths)) {
    for (const operation of [path.get, path.post, path.put, path.patch, path.delete]) {
      if (!operation) continue;
      operation.responses['default'] = {
        description: 'Refused or failed',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      };
    }
  }
  return document;
}
