/** Simulated card payments after the published definition of the Fraud Detection Handbook (Le Borgne et al., ULB): no real data. */
import { toColumns, type CardTransaction, type CardTransactions } from './card-data.js';
import { SeededRandom } from './random.js';

/** Sizes of a simulation. */
export interface SimulationOptions {
  readonly seed: number;
  readonly customers: number;
  readonly terminals: number;
  readonly days: number;
}

/** The published sizes. */
export const PUBLISHED_SIZES: Omit<SimulationOptions, 'seed'> = { customers: 5_000, terminals: 10_000, days: 183 };

const FIRST_DAY_SECONDS = Date.UTC(2018, 3, 1) / 1_000;
const DAY_SECONDS = 86_400;
const REACH = 5;
const CERTAIN_FRAUD_ABOVE_MINOR = 22_000;
const TERMINALS_COMPROMISED_A_DAY = 2;
const TERMINAL_COMPROMISED_DAYS = 28;
const CUSTOMERS_COMPROMISED_A_DAY = 3;
const CUSTOMER_COMPROMISED_DAYS = 14;

interface Customer {
  readonly meanMinor: number;
  readonly paymentsADay: number;
  readonly inReach: readonly number[];
}

type Draft = { -readonly [Key in keyof CardTransaction]: CardTransaction[Key] } & { day: number };

/** Simulates payments and the three kinds of fraud; later kinds overwrite earlier ones. */
export function simulate(options: SimulationOptions): CardTransactions {
  const random = new SeededRandom(options.seed);
  const drafts: Draft[] = [];
  for (const [customer, profile] of customers(options, random).entries()) {
    for (let day = 0; day < options.days; day++) pay(drafts, { customer, profile, day, random });
  }
  for (const draft of drafts) draft.isFraud = draft.amountMinor > CERTAIN_FRAUD_ABOVE_MINOR;
  compromiseTerminals(drafts, options, random);
  compromiseCustomers(drafts, options, random);
  return toColumns(drafts);
}

function customers({ customers: count, terminals }: SimulationOptions, random: SeededRandom): Customer[] {
  const place = (): { x: number; y: number } => ({ x: random.between(0, 100), y: random.between(0, 100) });
  const terminalPlaces = Array.from({ length: terminals }, place);
  return Array.from({ length: count }, () => {
    const home = place();
    const inReach: number[] = [];
    for (const [terminal, { x, y }] of terminalPlaces.entries()) {
      if (Math.hypot(x - home.x, y - home.y) < REACH) inReach.push(terminal);
    }
    return { inReach, meanMinor: random.between(500, 10_000), paymentsADay: random.between(0, 4) };
  });
}

function pay(
  drafts: Draft[],
  { customer, profile, day, random }: { customer: number; profile: Customer; day: number; random: SeededRandom },
): void {
  const { meanMinor, paymentsADay, inReach } = profile;
  for (let left = random.poisson(paymentsADay); left > 0; left--) {
    const second = Math.floor(random.normal(DAY_SECONDS / 2, 20_000));
    if (second <= 0 || second >= DAY_SECONDS || inReach.length === 0) continue;
    const amount = random.normal(meanMinor, meanMinor / 2);
    const amountMinor = Math.round(amount < 0 ? random.between(0, 2 * meanMinor) : amount);
    const terminal = inReach[random.integer(inReach.length)] ?? 0;
    drafts.push({ day, timeSeconds: FIRST_DAY_SECONDS + day * DAY_SECONDS + second, customer, terminal, amountMinor, isFraud: false });
  }
}

function compromiseTerminals(drafts: readonly Draft[], { terminals, days }: SimulationOptions, random: SeededRandom): void {
  const byTerminal = groupedBy(drafts, (draft) => draft.terminal);
  for (let day = 0; day < days; day++) {
    for (const terminal of random.sample(terminals, TERMINALS_COMPROMISED_A_DAY)) {
      for (const draft of byTerminal.get(terminal) ?? []) {
        if (draft.day >= day && draft.day < day + TERMINAL_COMPROMISED_DAYS) draft.isFraud = true;
      }
    }
  }
}

function compromiseCustomers(drafts: readonly Draft[], { customers: count, days }: SimulationOptions, random: SeededRandom): void {
  const byCustomer = groupedBy(drafts, (draft) => draft.customer);
  for (let day = 0; day < days; day++) {
    for (const customer of random.sample(count, CUSTOMERS_COMPROMISED_A_DAY)) {
      const payments = (byCustomer.get(customer) ?? []).filter((draft) => draft.day >= day && draft.day < day + CUSTOMER_COMPROMISED_DAYS);
      for (const index of random.sample(payments.length, Math.floor(payments.length / 3))) {
        const draft = payments[index];
        if (draft === undefined) continue;
        draft.amountMinor *= 5;
        draft.isFraud = true;
      }
    }
  }
}

function groupedBy(drafts: readonly Draft[], key: (draft: Draft) => number): Map<number, Draft[]> {
  const groups = new Map<number, Draft[]>();
  for (const draft of drafts) {
    const group = groups.get(key(draft));
    if (group === undefined) groups.set(key(draft), [draft]);
    else group.push(draft);
  }
  return groups;
}
