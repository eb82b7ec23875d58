/** `npm run chaos:webhooks`: a hundred rounds of {@link runKillRounds}, or as many as the first argument says. */
import { runKillRounds } from './kill-rounds.js';

const rounds = Number(process.argv[2] ?? 100);
const result = await runKillRounds(rounds, (round, acknowledged) => {
  process.stdout.write(`round ${String(round)} of ${String(rounds)}: ${String(acknowledged)} events acknowledged so far\n`);
});
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = result.lost.length === 0 && result.wrongEffects.length === 0 ? 0 : 1;
