/** The handbook's evaluation: train 7 days, wait 7, test 7, four times, each a week earlier. */
import { type CardTransaction, type CardTransactions } from './card-data.js';
import { CardFeatureStream, ENGINE_FEATURES, MEMORY_DAYS } from './card-features.js';

/** First training day of each fold. */
export const FOLD_STARTS = ['2018-08-15', '2018-08-08', '2018-08-01', '2018-07-25'] as const;

const DAY_SECONDS = 86_400;
const TRAINING_DAYS = 7;
const DELAY_DAYS = 7;
const TEST_DAYS = 7;

/** The features of a stretch of days, row by row, and which transaction each row is. */
export interface FeatureTable {
  readonly data: CardTransactions;
  /** Index in `data` of the first row. */
  readonly firstRow: number;
  readonly rows: number;
  /** Width {@link ENGINE_FEATURES}. */
  readonly values: Float64Array;
}

/** Indexes into the data. */
export interface Fold {
  readonly start: string;
  readonly training: readonly number[];
  readonly test: readonly number[];
}

/** Streams the data and keeps the features of the days from `firstDay` to `lastDay`, both included. */
export function featureTable(data: CardTransactions, firstDay: number, lastDay: number): FeatureTable {
  const firstRow = firstRowOf(data, firstDay);
  const rows = firstRowOf(data, lastDay + 1) - firstRow;
  const width = ENGINE_FEATURES.length;
  const values = new Float64Array(rows * width);
  const unused = new Float64Array(width);
  const stream = new CardFeatureStream();
  for (let row = firstRowOf(data, firstDay - MEMORY_DAYS); row < firstRow + rows; row++) {
    const kept = row - firstRow;
    if (kept < 0) stream.push(transactionAt(data, row), unused);
    else stream.push(transactionAt(data, row), values, kept * width);
  }
  return { data, firstRow, rows, values };
}

/** The row of a column store as a record. */
export function transactionAt(data: CardTransactions, row: number): CardTransaction {
  return {
    timeSeconds: data.timeSeconds[row] ?? 0,
    customer: data.customer[row] ?? 0,
    terminal: data.terminal[row] ?? 0,
    amountMinor: data.amountMinor[row] ?? 0,
    isFraud: data.fraud[row] === 1,
  };
}

/** Days since 1970 of a calendar day. */
export function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 1_000 / DAY_SECONDS;
}

/** The day of a transaction, since 1970. */
export function dayOfRow(data: CardTransactions, row: number): number {
  return Math.floor((data.timeSeconds[row] ?? 0) / DAY_SECONDS);
}

/** Days that a fold's test reaches beyond its start. */
export const FOLD_DAYS = TRAINING_DAYS + DELAY_DAYS + TEST_DAYS;

/**
 * Parts a fold. On each test day the customers already known as defrauded are left out: those of the training days, and those whose
 * fraud is a label delay old by then.
 */
export function foldOf(data: CardTransactions, start: string): Fold {
  const startDay = dayOf(start);
  const training = rowsOf(data, startDay, startDay + TRAINING_DAYS);
  const known = new Set<number>();
  for (const row of training) if (data.fraud[row] === 1) known.add(data.customer[row] ?? 0);
  const test: number[] = [];
  for (let day = 0; day < TEST_DAYS; day++) {
    const newlyKnownDay = startDay + TRAINING_DAYS + day - 1;
    for (const row of rowsOf(data, newlyKnownDay, newlyKnownDay + 1)) if (data.fraud[row] === 1) known.add(data.customer[row] ?? 0);
    const testDay = startDay + TRAINING_DAYS + DELAY_DAYS + day;
    test.push(...rowsOf(data, testDay, testDay + 1).filter((row) => !known.has(data.customer[row] ?? 0)));
  }
  return { start, training, test };
}

function rowsOf(data: CardTransactions, fromDay: number, toDay: number): number[] {
  const from = firstRowOf(data, fromDay);
  return Array.from({ length: firstRowOf(data, toDay) - from }, (_, index) => from + index);
}

function firstRowOf(data: CardTransactions, day: number): number {
  let [low, high] = [0, data.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((data.timeSeconds[middle] ?? 0) < day * DAY_SECONDS) low = middle + 1;
    else high = middle;
  }
  return low;
}
