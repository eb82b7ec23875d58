import type { FastifyRequest } from 'fastify';
import { merchantIdOf, type Principal } from '#security';
import { type PaymentCaller } from './payment.js';

/** The authenticated caller in the words of payments. @throws MerchantRequiredError for a person who named no merchant. */
export function callerOf(principal: Principal, request: FastifyRequest): PaymentCaller {
  return {
    merchantId: merchantIdOf(principal),
    livemode: principal.livemode,
    actorId: principal.id,
    deviceId: principal.kind === 'device' ? principal.id : null,
    ip: request.ip,
    ipCountry: request.clientCountry,
    requestId: request.id,
  };
}
