#!/usr/bin/env bash
# Attacks a running deployment on this machine with tools of others, for hours rather than minutes. Loopback only.
#
#   UPP_URL=http://127.0.0.1:3000 UPP_API_KEY=upp_test_sk_… [UPP_TLS=127.0.0.1:3443] test/security/nightly.sh
#
# Needs Debian's sqlmap, slowhttptest and testssl.sh. The deployment should run with a high RATE_LIMIT_API_PER_15_MINUTES, or sqlmap meets only 429.
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${UPP_URL:?the address of the api, on loopback}" "${UPP_API_KEY:?a secret key}"
[[ "$UPP_URL" =~ ^https?://(127\.[0-9.]+|localhost|\[::1\])(:[0-9]+)?$ ]] || { echo 'UPP_URL must be on loopback' >&2; exit 2; }
for tool in sqlmap slowhttptest curl; do
  command -v "$tool" >/dev/null || { echo "not installed: $tool" >&2; exit 2; }
done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failures=0
fail() { echo "FAILED: $*" >&2; failures=$((failures + 1)); }
step() { printf '\n=== %s %s\n' "$(date +%H:%M:%S)" "$*"; }

step 'sqlmap on everything that takes a parameter'
# The asterisk marks the place of the injection.
for target in \
  '/api/payments/pay_01jd8y3v5kq2e9c7x4m6n0r1st*' \
  '/api/payments?limit=5&startingAfter=x*' \
  '/api/payments?status=succeeded*' \
  '/api/devices/dev_01jd8y3v5kq2e9c7x4m6n0r1st*' \
  '/api/admin/api-keys?startingAfter=x*' \
  '/api/admin/audit?objectId=x*' \
  '/api/admin/audit?action=x*' \
  '/api/admin/blacklist?startingAfter=x*' \
  '/api/admin/webhook-events?startingAfter=x*' \
  '/api/admin/security-incidents?startingAfter=x*'; do
  sqlmap -u "$UPP_URL$target" --headers="Authorization: Bearer $UPP_API_KEY" --batch --level=3 --risk=2 --dbms=postgresql --technique=BEUST \
    --time-sec=2 --threads=4 --ignore-code=400,403,404,422 --disable-coloring --output-dir="$out/sqlmap" >"$out/sqlmap.log" 2>&1 || true
  if grep -Eq 'identified the following injection|is vulnerable' "$out/sqlmap.log"; then
    fail "sqlmap: $target"
    cat "$out/sqlmap.log"
  else
    echo "clean  $target"
  fi
done
sqlmap -u "$UPP_URL/api/auth/login" --method=POST --headers='Content-Type: application/json' --data='{"email":"a*@example.com","password":"b*"}' \
  --batch --level=3 --risk=2 --dbms=postgresql --time-sec=2 --ignore-code=400,401,429 --disable-coloring --output-dir="$out/sqlmap" >"$out/sqlmap.log" 2>&1 || true
grep -Eq 'identified the following injection|is vulnerable' "$out/sqlmap.log" && fail 'sqlmap: POST /api/auth/login'

step 'slow clients: headers, bodies, readers'
for mode in -H -B -X; do
  slowhttptest "$mode" -c 800 -i 5 -r 200 -l 45 -p 2 -u "$UPP_URL/ping" >"$out/slow.log" 2>&1 &
  slow=$!
  sleep 20
  curl --fail --silent --max-time 2 "$UPP_URL/ping" >/dev/null || fail "slowhttptest $mode: others are not answered within 2 s"
  wait "$slow" || true
  echo "held   $mode"
done

if [ -n "${UPP_TLS:-}" ]; then
  step 'testssl.sh'
  testssl --quiet --color 0 --severity MEDIUM --warnings off "$UPP_TLS" >"$out/testssl.log" 2>&1 || true
  grep -Eq '(MEDIUM|HIGH|CRITICAL|NOT ok|VULNERABLE)' "$out/testssl.log" && { fail 'testssl.sh'; cat "$out/testssl.log"; }
fi

step 'the bad-input machine, 200 000 cases'
UPP_BAD_INPUT_CASES=200000 npm test -- --testPathPatterns 'security/bad-input' || fail 'bad-input machine'

[ "$failures" -eq 0 ] && echo 'all held' || exit 1
