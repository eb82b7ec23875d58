import { CardCsvParser, formatCsv } from './card-data.js';
import { foldOf } from './protocol.js';
import { simulate } from './simulator.js';

const SMALL = { seed: 3, customers: 60, terminals: 1_000, days: 183 };
const data = simulate(SMALL);

describe('simulate', () => {
  it('gives the same payments for the same seed and others for another', () => {
    expect(simulate(SMALL)).toEqual(data);
    expect(simulate({ ...SMALL, seed: 4 }).length).not.toBe(data.length);
  });

  it('orders payments by time and calls every amount above 220 a fraud', () => {
    expect(data.timeSeconds.every((time, row) => row === 0 || time >= (data.timeSeconds[row - 1] ?? 0))).toBe(true);
    expect(data.amountMinor.every((amount, row) => amount <= 22_000 || data.fraud[row] === 1)).toBe(true);
  });

  it('makes about two payments a customer and day', () => {
    expect(data.length / (60 * 183)).toBeGreaterThan(1.5);
    expect(data.length / (60 * 183)).toBeLessThan(2.5);
  });
});

describe('the CSV form', () => {
  it('comes back as it went, however it is cut into pieces', () => {
    const parser = new CardCsvParser();
    for (const piece of formatCsv(data)) {
      for (let at = 0; at < piece.length; at += 997) parser.push(piece.slice(at, at + 997));
    }

    const read = parser.finish();

    expect(read.timeSeconds).toEqual(data.timeSeconds);
    expect(read.amountMinor).toEqual(data.amountMinor);
    expect(read.fraud).toEqual(data.fraud);
    expect(new Set(read.customer).size).toBe(new Set(data.customer).size);
  });

  it('takes other columns, another order, capitals and Windows line ends', () => {
    const parser = new CardCsvParser();

    parser.push('TX_FRAUD,note,TX_AMOUNT,TX_DATETIME,TERMINAL_ID,CUSTOMER_ID\r\n1,x,12.34,2018-04-01 00:00:31,9,8\r\n');

    expect(parser.finish()).toMatchObject({ length: 1, amountMinor: Float64Array.of(1_234), fraud: Uint8Array.of(1) });
  });

  it('names a missing column and a line without a date', () => {
    expect(() => {
      new CardCsvParser().push('a,b\n');
    }).toThrow('the header lacks the column tx_datetime');
    const parser = new CardCsvParser();
    expect(() => {
      parser.push('tx_id,tx_datetime,customer_id,terminal_id,tx_amount,tx_fraud\n1,,1,1,5,0\n');
    }).toThrow('line 2');
  });
});

describe('foldOf', () => {
  const fold = foldOf(data, '2018-08-08');
  const dayOfMonth = (row: number): string => new Date((data.timeSeconds[row] ?? 0) * 1_000).toISOString().slice(0, 10);

  it('trains on seven days and tests on seven that come a week later', () => {
    expect([dayOfMonth(fold.training[0]!), dayOfMonth(fold.training.at(-1)!)]).toEqual(['2018-08-08', '2018-08-14']);
    expect([dayOfMonth(fold.test[0]!), dayOfMonth(fold.test.at(-1)!)]).toEqual(['2018-08-22', '2018-08-28']);
  });

  it('leaves out customers known as defrauded', () => {
    const known = new Set(fold.training.filter((row) => data.fraud[row] === 1).map((row) => data.customer[row]));

    expect(known.size).toBeGreaterThan(0);
    expect(fold.test.some((row) => known.has(data.customer[row]))).toBe(false);
  });
});
