/**
 * `npm run fraud:backtest -- --merchant mer_… --type retail [--rule-set FILE.json | --version 3] [--from 2026-01-01]`: judges stored attempts
 * again, in order, by the rule set that is named, else by the live one. Changes nothing.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type BacktestReport, BacktestService } from '#fraud';
import { BUSINESS_TYPES } from '#merchants';
import { runCommand, UsageError, wholeNumber, withFraud } from './fraud-command.js';

const USAGE =
  'usage: npm run fraud:backtest -- --merchant mer_… --type BUSINESS_TYPE [--rule-set FILE.json | --version N] [--from YYYY-MM-DD]';

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      merchant: { type: 'string' },
      type: { type: 'string' },
      'rule-set': { type: 'string' },
      version: { type: 'string' },
      from: { type: 'string', default: '1970-01-01' },
    },
  });
  const { merchant } = values;
  const businessType = BUSINESS_TYPES.find((each) => each === values.type);
  const from = new Date(values.from);
  if (merchant === undefined || businessType === undefined || Number.isNaN(from.getTime())) throw new UsageError(USAGE);
  const file = values['rule-set'];
  const document: unknown = file === undefined ? null : JSON.parse(await readFile(file, 'utf8'));
  const version = values.version === undefined ? null : wholeNumber('version', values.version, 1);
  await withFraud(async (app) => {
    print(await app.get(BacktestService).run(merchant, businessType, { document, version, from }));
  });
});

function print(report: BacktestReport & { readonly ruleSetVersion: string }): void {
  console.log(`${report.payments} payments, ${report.knownFrauds} known frauds, judged by ${report.ruleSetVersion}\n`);
  console.log('rule or threshold            matches   frauds   legitimate   blocked then   unlabelled   precision   recall   worth');
  for (const line of report.lines) {
    const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
    const worth = Object.entries(line.amountMinor).map(([currency, amount]) => `${amount} ${currency}`);
    const cells = [
      line.matches,
      line.frauds,
      line.legitimate,
      line.blockedThen,
      line.unlabelled,
      percent(line.precision),
      percent(line.recall),
    ];
    const widths = [7, 9, 13, 15, 13, 12, 9];
    console.log(
      `${line.name.padEnd(28)}${cells.map((cell, index) => String(cell).padStart(widths[index] ?? 8)).join('')}   ${worth.join(', ')}`,
    );
  }
  console.log(`\nother decisions: ${JSON.stringify(report.changed)}`);
  console.log(JSON.stringify({ digest: report.digest, payments: report.payments }));
}
