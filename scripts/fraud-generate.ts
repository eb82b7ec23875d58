/** `npm run fraud:generate -- --seed 1 --out cards.csv.gz`: simulated card payments in the published sizes. */
import { parseArgs } from 'node:util';
import { PUBLISHED_SIZES, simulate } from '#fraud';
import { writeCards } from './fraud-card-file.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'cards.csv.gz' },
    customers: { type: 'string', default: String(PUBLISHED_SIZES.customers) },
    terminals: { type: 'string', default: String(PUBLISHED_SIZES.terminals) },
    days: { type: 'string', default: String(PUBLISHED_SIZES.days) },
  },
});

const data = simulate({
  seed: Number(values.seed),
  customers: Number(values.customers),
  terminals: Number(values.terminals),
  days: Number(values.days),
});
await writeCards(values.out, data);
const frauds = data.fraud.reduce((sum, label) => sum + label, 0);
console.log(
  `${values.out}: ${data.length} payments, ${frauds} frauds (${((100 * frauds) / data.length).toFixed(2)} %), seed ${values.seed}`,
);
