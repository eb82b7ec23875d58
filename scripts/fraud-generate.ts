/** `npm run fraud:generate -- --seed 1 --out cards.csv.gz`: simulated card payments in the published sizes. */
import { parseArgs } from 'node:util';
import { PUBLISHED_SIZES, simulate } from '#fraud';
import { writeCards } from './fraud-card-file.js';
import { runCommand, wholeNumber } from './fraud-command.js';

await runCommand(async () => {
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
    seed: wholeNumber('seed', values.seed, 0),
    customers: wholeNumber('customers', values.customers, 1),
    terminals: wholeNumber('terminals', values.terminals, 1),
    days: wholeNumber('days', values.days, 1),
  });
  await writeCards(values.out, data);
  const frauds = data.fraud.reduce((sum, label) => sum + label, 0);
  console.log(
    `${values.out}: ${data.length} payments, ${frauds} frauds (${((100 * frauds) / data.length).toFixed(2)} %), seed ${values.seed}`,
  );
});
