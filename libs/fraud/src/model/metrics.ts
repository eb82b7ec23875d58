/** How good a ranking is: ties share their place, so that a constant score is worth exactly what chance is. */

/** Area under the ROC curve: how often a fraud outranks a legitimate payment; NaN when either is absent. */
export function areaUnderRoc(scores: Float64Array, labels: Uint8Array): number {
  let [wins, frauds, legitimate] = [0, 0, 0];
  for (const { positives, negatives } of tiedGroups(scores, labels)) {
    wins += positives * 0.5 * negatives + negatives * frauds;
    frauds += positives;
    legitimate += negatives;
  }
  return wins / (frauds * legitimate);
}

/** Average precision: the mean over recall of the precision at each distinct score, without interpolation. */
export function averagePrecision(scores: Float64Array, labels: Uint8Array): number {
  let [sum, frauds, seen] = [0, 0, 0];
  for (const { positives, negatives } of tiedGroups(scores, labels)) {
    frauds += positives;
    seen += positives + negatives;
    sum += positives * (frauds / seen);
  }
  return sum / frauds;
}

/** Groups of equal score from the highest down. */
function* tiedGroups(scores: Float64Array, labels: Uint8Array): Generator<{ positives: number; negatives: number }> {
  const order = byScore(scores);
  let positives = 0;
  let negatives = 0;
  for (const [place, row] of order.entries()) {
    if (labels[row] === 1) positives++;
    else negatives++;
    const next = order[place + 1];
    if (next !== undefined && scores[next] === scores[row]) continue;
    yield { positives, negatives };
    positives = 0;
    negatives = 0;
  }
}

function byScore(scores: Float64Array): Uint32Array {
  const order = Uint32Array.from(scores.keys());
  return order.sort((first, second) => (scores[second] ?? 0) - (scores[first] ?? 0) || first - second);
}

/** One scored payment of a test period. */
export interface ScoredPayment {
  readonly day: number;
  readonly customer: number;
  readonly score: number;
  readonly isFraud: boolean;
}

/**
 * Card precision: each day the `top` customers by their highest score are looked at; the share of them that truly had a fraud that
 * day, as the mean of days. A customer found once is not looked at again.
 */
export function cardPrecision(payments: readonly ScoredPayment[], top: number): number {
  const days = new Map<number, ScoredPayment[]>();
  for (const payment of payments) {
    const day = days.get(payment.day);
    if (day === undefined) days.set(payment.day, [payment]);
    else day.push(payment);
  }
  const detected = new Set<number>();
  let sum = 0;
  for (const day of [...days.keys()].toSorted((first, second) => first - second)) {
    const cards = new Map<number, { score: number; isFraud: boolean }>();
    for (const { customer, score, isFraud } of days.get(day) ?? []) {
      if (detected.has(customer)) continue;
      const card = cards.get(customer);
      cards.set(customer, { score: Math.max(score, card?.score ?? -Infinity), isFraud: isFraud || card?.isFraud === true });
    }
    const looked = [...cards].toSorted(([, first], [, second]) => second.score - first.score).slice(0, top);
    const found = looked.filter(([, card]) => card.isFraud);
    for (const [customer] of found) detected.add(customer);
    sum += found.length / top;
  }
  return sum / days.size;
}

/** Expected calibration error: the mean distance of promised and true share of frauds over ten groups of equal size. */
export function calibrationError(probabilities: Float64Array, labels: Uint8Array): number {
  const groups = 10;
  const order = byScore(probabilities);
  let error = 0;
  for (let group = 0; group < groups; group++) {
    const rows = order.subarray(Math.floor((group * order.length) / groups), Math.floor(((group + 1) * order.length) / groups));
    let [promised, true_] = [0, 0];
    for (const row of rows) {
      promised += probabilities[row] ?? 0;
      true_ += labels[row] ?? 0;
    }
    error += Math.abs(promised - true_) / order.length;
  }
  return error;
}

/** How one feature's values are spread: shares between cuts, the last share being what is unknown. */
export interface Distribution {
  readonly cuts: readonly number[];
  readonly shares: readonly number[];
}

/** The spread of a sample over ten groups of about equal size; equal values are never parted. */
export function distributionOf(sample: Float64Array): Distribution {
  const groups = 10;
  const ordered = sample.filter((value) => !Number.isNaN(value)).sort();
  const cuts = new Set<number>();
  for (let group = 1; group < groups && ordered.length > 0; group++) cuts.add(ordered[Math.floor((group * ordered.length) / groups)] ?? 0);
  return { cuts: [...cuts], shares: sharesOf([...cuts], sample) };
}

/** Population stability index: how far a sample has moved from a distribution. Above 0.25 it has drifted. */
export function stabilityIndex({ cuts, shares }: Distribution, sample: Float64Array): number {
  const actual = sharesOf(cuts, sample);
  return shares.reduce((sum, share, group) => {
    const now = actual[group] ?? share;
    return sum + (now - share) * Math.log(now / share);
  }, 0);
}

function sharesOf(cuts: readonly number[], sample: Float64Array): number[] {
  const counts = new Array<number>(cuts.length + 2).fill(0);
  for (const value of sample) {
    let group = Number.isNaN(value) ? cuts.length + 1 : 0;
    if (!Number.isNaN(value)) for (const cut of cuts) if (value > cut) group++;
    counts[group] = (counts[group] ?? 0) + 1;
  }
  // Half a count keeps an empty group from making the index infinite.
  return counts.map((count) => (count + 0.5) / (sample.length + 0.5 * counts.length));
}
