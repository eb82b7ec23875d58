/** Card transactions in columns, ordered by time, and their CSV form. */

/** Column names of the CSV form, in the order they are written; read in any order and letter case, others ignored. */
export const CSV_COLUMNS = ['tx_id', 'tx_datetime', 'customer_id', 'terminal_id', 'tx_amount', 'tx_fraud'] as const;

/** One column per field, one entry per transaction. */
export interface CardTransactions {
  readonly length: number;
  /** Seconds since 1970, UTC; never falling. */
  readonly timeSeconds: Float64Array;
  /** 0 … customers − 1. */
  readonly customer: Int32Array;
  /** 0 … terminals − 1. */
  readonly terminal: Int32Array;
  /** Hundredths. */
  readonly amountMinor: Float64Array;
  /** 1 for a fraud. */
  readonly fraud: Uint8Array;
}

/** One transaction before it has a place in the order. */
export interface CardTransaction {
  readonly timeSeconds: number;
  readonly customer: number;
  readonly terminal: number;
  readonly amountMinor: number;
  readonly isFraud: boolean;
}

/** Orders transactions by time, keeping the given order of equal times, and lays them out in columns. */
export function toColumns(rows: readonly CardTransaction[]): CardTransactions {
  const ordered = rows.toSorted((first, second) => first.timeSeconds - second.timeSeconds);
  return {
    length: ordered.length,
    timeSeconds: Float64Array.from(ordered, (row) => row.timeSeconds),
    customer: Int32Array.from(ordered, (row) => row.customer),
    terminal: Int32Array.from(ordered, (row) => row.terminal),
    amountMinor: Float64Array.from(ordered, (row) => row.amountMinor),
    fraud: Uint8Array.from(ordered, (row) => Number(row.isFraud)),
  };
}

/** The CSV form, header first, as pieces of many lines each. */
export function* formatCsv(data: CardTransactions): Generator<string> {
  const linesAPiece = 10_000;
  let piece = `${CSV_COLUMNS.join(',')}\n`;
  for (let row = 0; row < data.length; row++) {
    const moment = new Date((data.timeSeconds[row] ?? 0) * 1_000).toISOString();
    const amount = ((data.amountMinor[row] ?? 0) / 100).toFixed(2);
    piece += `${row},${moment.slice(0, 10)} ${moment.slice(11, 19)},${data.customer[row] ?? 0},${data.terminal[row] ?? 0},${amount},${data.fraud[row] ?? 0}\n`;
    if (row % linesAPiece === linesAPiece - 1) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

/** Reads the CSV form piece by piece. */
export class CardCsvParser {
  private readonly rows: CardTransaction[] = [];
  private readonly customers = new Map<string, number>();
  private readonly terminals = new Map<string, number>();
  private columns: Readonly<Record<string, number>> | null = null;
  private rest = '';
  private lineNumber = 0;

  /** Takes the next piece, which may end within a line. @throws SyntaxError that names the line at fault. */
  push(piece: string): void {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.readLine(line);
  }

  /** Everything read, in order of time. */
  finish(): CardTransactions {
    this.readLine(this.rest);
    this.rest = '';
    return toColumns(this.rows);
  }

  private readLine(line: string): void {
    this.lineNumber++;
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === '') return;
    const fields = text.split(',');
    if (this.columns === null) {
      this.columns = readHeader(fields);
      return;
    }
    const field = (name: string): string => fields[this.columns?.[name] ?? -1] ?? '';
    const timeSeconds = parseMoment(field('tx_datetime'));
    const amount = field('tx_amount');
    const amountMinor = amount === '' ? NaN : Math.round(Number(amount) * 100);
    if (!Number.isFinite(timeSeconds) || !Number.isFinite(amountMinor)) {
      throw new SyntaxError(`line ${this.lineNumber} holds no date or no amount`);
    }
    this.rows.push({
      timeSeconds,
      amountMinor,
      customer: numbered(this.customers, field('customer_id')),
      terminal: numbered(this.terminals, field('terminal_id')),
      isFraud: Number(field('tx_fraud')) === 1,
    });
  }
}

function readHeader(fields: readonly string[]): Record<string, number> {
  const columns = Object.fromEntries(
    fields.map((name, index) => [
      name
        .trim()
        .replace(/^\uFEFF|"/g, '')
        .toLowerCase(),
      index,
    ]),
  );
  for (const name of CSV_COLUMNS) {
    if (columns[name] === undefined && name !== 'tx_id') throw new SyntaxError(`the header lacks the column ${name}`);
  }
  return columns;
}

/** `2018-04-01 00:00:31` as seconds since 1970; a zone is not expected and fractions are dropped. */
function parseMoment(text: string): number {
  // Number('') is 0, so that a short text would pass for a date of the year 1900.
  if (text.length < 'YYYY-MM-DD hh:mm:ss'.length) return NaN;
  const part = (from: number, to: number): number => Number(text.slice(from, to));
  return Date.UTC(part(0, 4), part(5, 7) - 1, part(8, 10), part(11, 13), part(14, 16), part(17, 19)) / 1_000;
}

function numbered(known: Map<string, number>, name: string): number {
  let number = known.get(name);
  if (number === undefined) {
    number = known.size;
    known.set(name, number);
  }
  return number;
}
