/** The last line of defence of the logs: what should never have been passed to a logger is not written by it. */
import { maskCardNumbers } from '#kernel';

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(sk|rk|pk)_(test|live)_\w{6,}/g, '[stripe key]'],
  [/\bwhsec_[\w+/=]{6,}/g, '[webhook secret]'],
  [/\b(pi|seti|cs)_\w+_secret_\w+/g, '[client secret]'],
  [/\bupp_(test|live)_(sk|rk|dk)_\w+/g, '[credential]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [credential]'],
  [/\b((?:__Host-)?upp_session)=[\w-]+/g, '$1=[session]'],
  [/\b(postgres(?:ql)?|rediss?|smtps?|https?|amqps?):\/\/[^\s:/@]*:[^\s/@]+@/gi, '$1://[credential]@'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, '[private key]'],
];

/** Names of members whose value is never logged, whatever it is. `parameters` and `detail` are how database errors quote rows. */
const SECRET_NAMES =
  /^(authorization|cookie|set-cookie|password|newpassword|currentpassword|totp|secret|client_?secret|credential|token|api_?key|encryption_?key|pepper|parameters|detail|where|payload|rawbody)$/i;

/** The text without anything that opens something. */
export function scrubText(text: string): string {
  let scrubbed = text;
  for (const [pattern, replacement] of SECRETS) scrubbed = scrubbed.replace(pattern, replacement);
  return maskCardNumbers(scrubbed);
}

/** A member as it may be logged. */
export function scrubMember(name: string, value: unknown): unknown {
  if (SECRET_NAMES.test(name) && value !== null && value !== undefined) return '[not logged]';
  return typeof value === 'string' ? scrubText(value) : value;
}
