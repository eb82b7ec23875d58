/** What a payer must do next, for a payment as for a method to be saved. */
import { ApiProperty } from '@nestjs/swagger';

/** What the payer must do before the payment can go on. */
export class NextActionResponse {
  /**
   * `redirect`: open `url` in a browser. `confirm_on_session`: the payer was away; bring them back and confirm the payment. `use_stripe_sdk`: give
   * `details` to Stripe's SDK. Others are Stripe's words.
   */
  @ApiProperty({ example: 'redirect' })
  type: string;

  /** Where the payer goes; null when there is no page. */
  @ApiProperty({ type: String, nullable: true, format: 'uri' })
  url: string | null;

  /** As Stripe describes it. */
  @ApiProperty({ type: Object, additionalProperties: true })
  details: Readonly<Record<string, unknown>>;
}

/** Stripe's description with the one thing in front that a device without its SDK can use. */
export function nextActionOf(action: Readonly<Record<string, unknown>> | null): NextActionResponse | null {
  if (action === null) return null;
  const type = typeof action['type'] === 'string' ? action['type'] : 'unknown';
  const redirect = action['redirect_to_url'] as { readonly url?: unknown } | undefined;
  const url = typeof redirect?.url === 'string' ? redirect.url : null;
  return { type: type === 'redirect_to_url' ? 'redirect' : type, url, details: action };
}
