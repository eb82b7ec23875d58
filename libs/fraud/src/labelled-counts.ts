/** SQL that counts what became known of payments. */

/** The columns of reports: `label` has the columns `is_fraud` and `weight`, for how many payments the labelled one stands. */
export const KNOWN_COUNTS = `${known('label.is_fraud')} as "knownFrauds", ${known('not label.is_fraud')} as "knownLegitimate"`;

/** One over a share is no integer: two decimals are kept. */
function known(condition: string): string {
  return `round(coalesce(sum(label.weight) filter (where ${condition}), 0)::numeric, 2)::float8`;
}
