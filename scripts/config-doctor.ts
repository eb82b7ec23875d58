/** Prints what this environment comes to, without secrets, and everything that is wrong with it. Exits with 1 when something is. */
import { existsSync, readFileSync } from 'node:fs';
import { AppConfig, problemsOf, processEnvironment } from '#platform';

const environment = processEnvironment();
let group = '';
for (const variable of AppConfig.effective(environment)) {
  if (variable.group !== group) console.log(`\n${(group = variable.group)}`);
  console.log(`  ${variable.name}=${variable.value}${variable.isDefault ? '  (default)' : ''}`);
}

const problems = [...problemsOf(environment), ...strangers()];
if (problems.length === 0) {
  console.log('\nNothing is wrong with this configuration.');
} else {
  console.log(`\n${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}:`);
  for (const { variable, reason } of problems) console.log(`  ${variable}: ${reason}`);
  process.exitCode = 1;
}

/** Names in `.env` that nothing reads: most often a misspelt one whose default is silently in force. */
function strangers(): { variable: string; reason: string }[] {
  if (!existsSync('.env')) return [];
  const known = new Set(AppConfig.variableNames());
  return readFileSync('.env', 'utf8')
    .split('\n')
    .map((line) => /^\s*(?:export\s+)?(?<name>[A-Z][A-Z0-9_]*)\s*=/.exec(line)?.groups?.['name'] ?? '')
    .filter((name) => name !== '' && !known.has(name) && !/^(OTEL|NODE|UPP|STRIPE_SANDBOX)_/.test(name))
    .map((variable) => ({ variable, reason: 'is set in .env but nothing reads it' }));
}
