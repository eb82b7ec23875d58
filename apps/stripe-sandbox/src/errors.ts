/** What Stripe refuses, in Stripe's words. Every answer that is not a 2xx is one {@link StripeError}. */

/** The `type` of an error body. */
export type StripeErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error' | 'rate_limit_error';

/** The fields of `error` in the body; absent ones are left out. */
export interface StripeErrorFields {
  readonly type: StripeErrorType;
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly advice_code?: string;
  readonly network_decline_code?: string;
  readonly charge?: string;
  readonly payment_intent?: object;
  readonly payment_method?: object;
  readonly setup_intent?: object;
}

/** An answer that refuses: its status, and the fields of its body. */
export class StripeError extends Error {
  override readonly name = 'StripeError';

  /** @param isValidation - The parameters were refused before the endpoint ran, so an idempotency key keeps nothing. */
  constructor(
    readonly status: number,
    readonly fields: StripeErrorFields,
    readonly isValidation = false,
  ) {
    super(fields.message);
  }
}

/** The body Stripe would send: the fields, the documentation of the code, and where the request's log would be. */
export function errorBody(error: StripeError, accountId: string, requestId: string): object {
  const { code } = error.fields;
  return {
    error: {
      ...(code === undefined ? {} : { code, doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}` }),
      ...error.fields,
      request_log_url: `https://dashboard.stripe.com/${accountId}/test/logs/${requestId}`,
    },
  };
}

/** 400: a parameter is wrong; nothing was executed. */
export function invalidParameter(message: string, param: string, code?: string): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, param, ...(code === undefined ? {} : { code }) }, true);
}

/** 400: the request is well formed and cannot be done now. */
export function invalidState(message: string, rest: Partial<StripeErrorFields> = {}): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...rest });
}

/** 404 for an id in the path, 400 for an id in a parameter, as Stripe does. */
export function noSuch(kind: string, id: string, param = 'id', status: 400 | 404 = 404): StripeError {
  return new StripeError(status, { type: 'invalid_request_error', code: 'resource_missing', message: `No such ${kind}: '${id}'`, param });
}

/** 402: the card was refused. */
export function cardError(fields: Omit<StripeErrorFields, 'type'>): StripeError {
  return new StripeError(402, { type: 'card_error', ...fields });
}
