/** What a rule set would have done to the past: stored snapshots in order, through the same code as live payments. */
import { createHash } from 'node:crypto';
import { type FraudFeatures } from './domain/features.js';
import { assessRisk, type FraudDecision, type OperatorRule } from './domain/risk-score.js';
import { type FailurePolicy, type RuleSet } from './domain/rule-set.js';

/** A payment of the past. */
export interface PastPayment {
  /** Of its assessment. */
  readonly id: string;
  readonly features: FraudFeatures;
  /** What was decided then. */
  readonly decision: FraudDecision;
  /** What is known today; null while nothing is. */
  readonly isFraud: boolean | null;
  /** Of the payment's profile then. */
  readonly failurePolicy: FailurePolicy;
  /** For how many blocked payments it stands, when a person looked at it instead; 1 for any other. */
  readonly weight: number;
}

/** Matches of one rule or threshold, split by what became of them. */
export interface BacktestLine {
  /** A rule's name, or `score ≥ 70`. */
  readonly name: string;
  readonly matches: number;
  /** In minor units by currency. */
  readonly amountMinor: Readonly<Record<string, number>>;
  /** Labelled matches. A payment that a person looked at instead of its being blocked stands for as many as its weight says. */
  readonly frauds: number;
  readonly legitimate: number;
  /** Matches without a label that were blocked then, and those that went through. */
  readonly blockedThen: number;
  readonly unlabelled: number;
  /** Share of frauds among labelled matches; null without any. */
  readonly precision: number | null;
  /** Share of all known frauds that match; null without any. */
  readonly recall: number | null;
}

/** The outcome of a run. */
export interface BacktestReport {
  readonly payments: number;
  readonly knownFrauds: number;
  /** Payments whose decision would have been another, by `then → now`. */
  readonly changed: Readonly<Record<string, number>>;
  readonly lines: readonly BacktestLine[];
  /** SHA-256 over every id and score: equal for equal input, on every machine. */
  readonly digest: string;
}

const THRESHOLDS = [40, 50, 60, 70, 75, 80, 85, 90, 95] as const;

/** Takes payments one by one, so that the past need not fit into memory. */
export class Backtest {
  private readonly tallies = new Map<string, Tally>();
  private readonly hash = createHash('sha256');
  private readonly changed = new Map<string, number>();
  private payments = 0;
  private knownFrauds = 0;

  constructor(
    private readonly ruleSet: RuleSet,
    private readonly operatorRules: readonly OperatorRule[] = [],
  ) {
    for (const threshold of THRESHOLDS) this.tallies.set(`score ≥ ${threshold}`, new Tally());
  }

  /** Judges one payment. */
  add(payment: PastPayment): void {
    const { score, decision, findings } = assessRisk(
      payment.features,
      { ...this.ruleSet, failurePolicy: payment.failurePolicy },
      this.operatorRules,
    );
    this.payments++;
    if (payment.isFraud === true) this.knownFrauds += payment.weight;
    this.hash.update(`${payment.id}:${score}\n`);
    if (decision !== payment.decision) {
      const change = `${payment.decision} → ${decision}`;
      this.changed.set(change, (this.changed.get(change) ?? 0) + 1);
    }
    for (const threshold of THRESHOLDS) if (score >= threshold) this.tallies.get(`score ≥ ${threshold}`)?.add(payment);
    for (const { rule, outcome } of findings) if (outcome === 'fired') this.tallyOf(rule).add(payment);
  }

  /** The report of what was added so far; nothing may be added afterwards. */
  finish(): BacktestReport {
    return {
      payments: this.payments,
      knownFrauds: this.knownFrauds,
      changed: Object.fromEntries(this.changed),
      lines: [...this.tallies].map(([name, tally]) => tally.line(name, this.knownFrauds)),
      digest: this.hash.digest('hex'),
    };
  }

  private tallyOf(rule: string): Tally {
    let tally = this.tallies.get(rule);
    if (tally === undefined) {
      tally = new Tally();
      this.tallies.set(rule, tally);
    }
    return tally;
  }
}

class Tally {
  private matches = 0;
  private frauds = 0;
  private legitimate = 0;
  private blockedThen = 0;
  private unlabelled = 0;
  private readonly amounts = new Map<string, number>();

  add({ features, isFraud, decision, weight }: PastPayment): void {
    const { currency, amountMinor } = features.attempt;
    this.matches++;
    this.amounts.set(currency, (this.amounts.get(currency) ?? 0) + amountMinor);
    if (isFraud === true) this.frauds += weight;
    else if (isFraud === false) this.legitimate += weight;
    else if (decision === 'block') this.blockedThen++;
    else this.unlabelled++;
  }

  line(name: string, knownFrauds: number): BacktestLine {
    const { matches, frauds, legitimate, blockedThen, amounts } = this;
    const labelled = frauds + legitimate;
    return {
      name,
      matches,
      amountMinor: Object.fromEntries(amounts),
      frauds,
      legitimate,
      blockedThen,
      unlabelled: this.unlabelled,
      precision: labelled > 0 ? frauds / labelled : null,
      recall: knownFrauds > 0 ? frauds / knownFrauds : null,
    };
  }
}
