#!/usr/bin/env bash
# Attacks a running deployment on this machine with tools of others, for hours rather than minutes. Loopback only.
#
#   UPP_URL=http://127.0.0.1:3000 UPP_API_KEY=upp_test_sk_… [UPP_TLS=127.0.0.1:3443] [UPP_STEPS='sqlmap slow tls bad-input'] test/security/nightly.sh
#
# Needs Debian's sqlmap, slowhttptest and testssl.sh. The deployment should run with a high RATE_LIMIT_API_PER_15_MINUTES, or sqlmap meets only 429.
# Ends with 1 when something was found, and when a tool did not do its work: no finding is only good news from somebody who looked.
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${UPP_URL:?the address of the api, on loopback}" "${UPP_API_KEY:?a secret key}"
steps=" ${UPP_STEPS:-sqlmap slow tls bad-input} "
[[ "$UPP_URL" =~ ^https?://(127\.[0-9.]+|localhost|\[::1\])(:[0-9]+)?$ ]] || { echo 'UPP_URL must be on loopback' >&2; exit 2; }
for tool in sqlmap slowhttptest testssl curl node; do
  command -v "$tool" >/dev/null || { echo "not installed: $tool" >&2; exit 2; }
done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
step() { printf '\n=== %s %s\n' "$(date +%H:%M:%S)" "$*"; }
wanted() { [[ "$steps" == *" $1 "* ]]; }
# Of every route that reads: each parameter in turn, with the place of the injection marked by an asterisk.
targets() {
  curl --fail --silent --insecure "$UPP_URL/openapi.json" | node --input-type=module -e '
    let text = "";
    for await (const chunk of process.stdin) text += chunk;
    for (const [path, { get }] of Object.entries(JSON.parse(text).paths)) {
      if (get === undefined || !path.startsWith("/api/")) continue;
      const filled = path.replace(/\{\w+\}/g, "pay_01jd8y3v5kq2e9c7x4m6n0r1st");
      if (filled !== path) console.log(`${filled}*`);
      for (const { name, in: place } of get.parameters ?? []) if (place === "query") console.log(`${filled}?${name}=x*`);
    }'
}
attack() {
  local what=$1
  shift
  sqlmap "$@" --batch --level=3 --risk=2 --dbms=postgresql --technique=BEUST --time-sec=2 --disable-coloring --output-dir="$out/sqlmap" \
    >"$out/sqlmap.log" 2>&1 || true
  if grep -Eq 'identified the following injection|is vulnerable' "$out/sqlmap.log"; then
    fail "sqlmap: $what"
    cat "$out/sqlmap.log"
  elif grep -q 'do not appear to be injectable' "$out/sqlmap.log"; then
    echo "clean  $what"
  else
    fail "sqlmap did not test $what"
    tail -5 "$out/sqlmap.log"
  fi
}

if wanted sqlmap; then
  step 'sqlmap on every parameter of every route that reads'
  while read -r target; do
    attack "$target" -u "$UPP_URL$target" --headers="Authorization: Bearer $UPP_API_KEY" --threads=4 --ignore-code=400,401,403,404,422
  done < <(targets)
  attack 'POST /api/auth/login' -u "$UPP_URL/api/auth/login" --method=POST --headers='Content-Type: application/json' \
    --data='{"email":"a*@example.com","password":"b*"}' --ignore-code=400,401,422,429
fi

if wanted slow; then
  step 'slow clients: headers, bodies, readers'
  for mode in -H -B -X; do
    slowhttptest "$mode" -c 800 -i 5 -r 200 -l 45 -p 2 -u "$UPP_URL/ping" >"$out/slow.log" 2>&1 &
    slow=$!
    sleep 20
    if curl --fail --silent --insecure --max-time 2 "$UPP_URL/ping" >/dev/null; then echo "held   $mode"; else
      fail "slowhttptest $mode: others are not answered within 2 s"
    fi
    wait "$slow" || true
    # Its reports come in colours, and must show that connections were made at all.
    sed 's/\x1b\[[0-9;]*m//g' "$out/slow.log" >"$out/slow.txt"
    grep -Eq '(closed|connected): *[1-9]' "$out/slow.txt" || fail "slowhttptest $mode did not connect"
    if grep -Eq 'service available: *NO' "$out/slow.txt"; then fail "slowhttptest $mode: its own probe was not answered"; fi
  done
fi

if wanted tls && [ -n "${UPP_TLS:-}" ]; then
  step 'testssl.sh'
  testssl --quiet --color 0 --warnings off --jsonfile "$out/testssl.json" "$UPP_TLS" >"$out/testssl.log" 2>&1 || true
  # Who vouches for the certificate, and what DNS says of the name, are matters of the deployment and not of this machine. Which of the suites, all of
  # them with forward secrecy and an AEAD, is taken, the client chooses on purpose (libs/ssl/src/tls-options.ts).
  node --input-type=module - "$out/testssl.json" <<'JS' || { fail 'testssl.sh'; tail -5 "$out/testssl.log"; }
import { readFileSync } from 'node:fs';
const findings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const ofTheDeployment = /^(cert_(trust|chain_of_trust|crlDistributionPoints|ocspURL|caIssuers|revocation)|DNS_CAArecord|OCSP_|engine_problem|scanTime|banner_|cipher_order$)/;
const bad = findings.filter(({ id, severity }) => ['MEDIUM', 'HIGH', 'CRITICAL'].includes(severity) && !ofTheDeployment.test(id));
for (const { id, severity, finding } of bad) console.error(severity, id, finding);
// A scan that saw no protocol offered has seen nothing.
const hasLooked = findings.some(({ id, finding }) => id === 'TLS1_3' && finding.startsWith('offered'));
if (!hasLooked) console.error('the scan saw no TLS 1.3');
process.exit(bad.length > 0 || !hasLooked ? 1 : 0);
JS
fi

if wanted bad-input; then
  step "the bad-input machine, ${UPP_BAD_INPUT_CASES:=200000} cases"
  export UPP_BAD_INPUT_CASES
  npm test -- --testPathPatterns 'security/bad-input' || fail 'bad-input machine'
fi

if [ "$failures" -eq 0 ]; then echo 'all held'; else exit 1; fi
