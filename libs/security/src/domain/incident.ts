/** What may happen to the deployment's security, in a closed list, so that alerts and metrics can name it. */

/** The kinds of incidents. */
export type IncidentType =
  | 'credential_refused'
  | 'sign_in_failed'
  | 'sign_in_limited'
  | 'rate_limit_exceeded'
  | 'card_number_sent'
  | 'webhook_signature_invalid'
  | 'webhook_mode_mismatch'
  | 'outbound_address_refused'
  | 'audit_chain_broken';

/** How soon somebody must look: `critical` now, `high` today, `medium` this week, `low` when it repeats. */
export type IncidentSeverity = 'low' | 'medium' | 'high' | 'critical';

/** Something that happened. Repetitions with the same type, subject and address are one row with a count. */
export interface IncidentReport {
  readonly type: IncidentType;
  readonly severity: IncidentSeverity;
  readonly merchantId?: string | null;
  /** What was concerned: a device id, a policy's name, a code; never a secret, never personal data. */
  readonly subject?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  /** Further facts for whoever looks at it; never secrets, never what the client sent verbatim. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}
