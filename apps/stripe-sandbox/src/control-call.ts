/** A control request on its way to its handler. */
import { type Api } from './api.js';
import { type Sandbox } from './sandbox.js';

/** What a control route answers: JSON, a page, or a redirect. */
export type ControlAnswer = { readonly json: object } | { readonly html: string } | { readonly location: string };

/** One control request. */
export interface ControlCall {
  readonly sandbox: Sandbox;
  readonly api: Api;
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
}
