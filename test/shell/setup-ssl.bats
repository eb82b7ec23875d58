#!/usr/bin/env bats
# scripts/setup-ssl.sh: what it refuses, that a refusal changes nothing, and what it leaves behind.

setup() {
  SCRIPT="$BATS_TEST_DIRNAME/../../scripts/setup-ssl.sh"
  cd "$BATS_TEST_TMPDIR"
  printf 'NODE_ENV=staging\nTLS_MODE=off\nPORT=3000' >settings.env
  chmod 600 settings.env
}

# run_script MODE OPTION...
run_script() {
  run "$SCRIPT" "$1" --env-file settings.env --directory tls "${@:2}"
}

# refuses PATTERN MODE OPTION...: a clear message, and every file as it was.
refuses() {
  local before after
  before=$(snapshot)
  run_script "${@:2}"
  after=$(snapshot)
  echo "$output"
  [ "$status" -eq 2 ]
  [[ $output == *"$1"* ]]
  [[ $output == *'Nothing was changed.'* ]]
  [ "$before" = "$after" ]
}

snapshot() {
  find . -printf '%p %m %y %l\n' | sort
  find . -type f -exec sha256sum {} + | sort
}

# make_pair NAME TYPE [OPENSSL-OPTION...]: NAME.crt and NAME.key for pay.example.test.
make_pair() {
  local kind=(ec -pkeyopt ec_paramgen_curve:P-256)
  [ "$2" = ec ] || kind=(rsa:2048)
  openssl req -x509 -newkey "${kind[@]}" -nodes -keyout "$1.key" -out "$1.crt" -subj /CN=test -days 30 \
    -addext subjectAltName=DNS:pay.example.test "${@:3}" 2>/dev/null
}

setting() {
  sed -n "s/^$1=//p" settings.env
}

@test 'refuses a missing and an unknown mode' {
  run "$SCRIPT"
  [ "$status" -eq 2 ]
  run "$SCRIPT" selfsigned
  [ "$status" -eq 2 ]
  [[ $output == *"unknown mode 'selfsigned'"* ]]
}

@test 'explains itself' {
  run "$SCRIPT" --help
  [ "$status" -eq 0 ]
  [[ $output == Usage:* ]]
}

@test 'refuses unknown options, missing values and stray words' {
  refuses 'unknown or needs a value' self-signed --colour
  refuses 'is unknown' self-signed --colour blue
  refuses 'needs a value' self-signed --names
  refuses 'needs a value' self-signed --names --dry-run
  refuses "unexpected word 'blue'" self-signed blue
}

@test 'refuses names that are none' {
  refuses 'is no DNS name' self-signed --names 'pay_1.example.test'
  refuses 'is no DNS name' self-signed --names '-x.test'
  refuses 'is no DNS name' self-signed --names 'a.test;reboot'
}

@test 'refuses paths that settings cannot hold' {
  refuses 'may hold letters' self-signed --directory 'tls $(reboot)'
  refuses 'may hold letters' self-signed --env-file 'a b'
}

@test 'refuses a folder of settings that does not exist and a certificate folder that is a file' {
  refuses 'does not exist' self-signed --env-file nowhere/settings.env
  refuses 'is not a folder' self-signed --directory settings.env
}

@test 'refuses to replace a live folder that it did not make' {
  mkdir -p tls/live
  refuses 'it is no link' self-signed
}

@test 'refuses an owner who does not exist' {
  refuses 'is no user' self-signed --owner nobody-of-that-name
}

@test 'self-signed: refuses production and odd lifetimes' {
  refuses 'is not a number from 1 to 397' self-signed --days 0
  refuses 'is not a number from 1 to 397' self-signed --days 398
  refuses 'is not a number from 1 to 397' self-signed --days 08
  echo 'NODE_ENV=production' >settings.env
  refuses 'NODE_ENV=production' self-signed
}

@test 'self-signed: makes a certificate for the names and the settings for it' {
  run_script self-signed --names Shop.Local.Test,localhost
  [ "$status" -eq 0 ]
  openssl x509 -in tls/live/ec.crt -noout -checkhost shop.local.test | grep -q 'does match'
  openssl x509 -in tls/live/ec.crt -noout -checkip 127.0.0.1 | grep -q 'does match'
  [ "$(stat -c %a tls/live/ec.key)" = 600 ]
  [ "$(setting TLS_MODE)" = self_signed ]
  [ "$(setting TLS_NAMES)" = shop.local.test,localhost ]
}

@test 'settings: keeps what it does not change, and the mode of the file' {
  run_script self-signed
  [ "$status" -eq 0 ]
  [ "$(grep -c '^TLS_MODE=' settings.env)" = 1 ]
  [ "$(setting NODE_ENV)" = staging ]
  [ "$(setting PORT)" = 3000 ]
  [ "$(stat -c %a settings.env)" = 600 ]
  [ -z "$(find . -name 'settings.env.*')" ]
}

@test 'settings: makes the file, for its owner only' {
  rm settings.env
  run_script self-signed
  [ "$status" -eq 0 ]
  [ "$(stat -c %a settings.env)" = 600 ]
}

@test 'a dry run checks and changes nothing' {
  before=$(snapshot)
  run_script self-signed --dry-run
  [ "$status" -eq 0 ]
  [ "$before" = "$(snapshot)" ]
  refuses 'is no DNS name' self-signed --names '*' --dry-run
}

@test 'custom: refuses what cannot be served' {
  make_pair good ec
  make_pair other ec
  make_pair ed ec
  openssl genpkey -algorithm ed25519 -out ed.key 2>/dev/null
  openssl ec -in good.key -aes256 -passout pass:secret -out locked.key 2>/dev/null
  echo nothing >empty.crt
  refuses '--certificate is needed' custom
  refuses 'each --certificate needs its --key' custom --certificate good.crt
  refuses 'cannot be read' custom --certificate absent.crt --key good.key
  refuses 'is no certificate in PEM' custom --certificate empty.crt --key good.key
  refuses 'is no private key in PEM' custom --certificate good.crt --key empty.crt
  refuses 'without a passphrase' custom --certificate good.crt --key locked.key
  refuses 'belongs to another certificate' custom --certificate good.crt --key other.key
  refuses 'neither an EC nor an RSA key' custom --certificate ed.crt --key ed.key
  refuses 'does not cover api.example.test' custom --certificate good.crt --key good.key --names pay.example.test,api.example.test
  refuses 'the same kind of key' custom --certificate good.crt --key good.key --certificate other.crt --key other.key
}

@test 'custom: refuses an expired certificate' {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout old.key -out old.csr -subj /CN=test 2>/dev/null
  openssl x509 -req -in old.csr -key old.key -days -1 -out old.crt 2>/dev/null
  refuses 'has expired' custom --certificate old.crt --key old.key
}

@test 'custom: installs an EC and an RSA certificate in one step and replaces them' {
  make_pair ec ec
  make_pair rsa rsa
  run_script custom --names pay.example.test --certificate rsa.crt --key rsa.key --certificate ec.crt --key ec.key
  [ "$status" -eq 0 ]
  cmp ec.crt tls/live/ec.crt
  cmp rsa.key tls/live/rsa.key
  [ "$(setting TLS_MODE)" = custom ]
  [ "$(setting TLS_CERTIFICATE_FILES)" = tls/live/rsa.crt,tls/live/ec.crt ]
  [ "$(setting TLS_KEY_FILES)" = tls/live/rsa.key,tls/live/ec.key ]

  make_pair new ec
  run_script custom --certificate new.crt --key new.key
  [ "$status" -eq 0 ]
  cmp new.crt tls/live/ec.crt
  [ ! -e tls/live/rsa.crt ]
}

@test 'custom: keeps few old versions' {
  make_pair one ec
  for _ in 1 2 3 4 5 6; do
    run_script custom --certificate one.crt --key one.key
    [ "$status" -eq 0 ]
  done
  [ "$(find tls/versions -mindepth 1 -maxdepth 1 | wc -l)" = 4 ]
  [ -f tls/live/ec.crt ]
}

@test 'letsencrypt: refuses what an authority would refuse' {
  local asked=(letsencrypt --skip-dns-check --email ops@example.test --agree-tos)
  refuses '--names is needed' "${asked[@]}"
  refuses 'a wildcard cannot be proved' "${asked[@]}" --names '*.example.test'
  refuses 'is no public name' "${asked[@]}" --names localhost
  refuses 'is no port' "${asked[@]}" --names pay.example.test --http-port 70000
  refuses 'is no https URL' "${asked[@]}" --names pay.example.test --directory-url http://localhost/dir
  refuses 'is unknown' "${asked[@]}" --names pay.example.test --method manual
  refuses 'is no address' letsencrypt --names pay.example.test --agree-tos --email ops
  refuses '--agree-tos is needed' letsencrypt --names pay.example.test --email ops@example.test
  refuses 'does not resolve' letsencrypt --names pay.example.invalid --email ops@example.test --agree-tos
}

@test 'letsencrypt: leaves the ordering to the api' {
  run_script letsencrypt --skip-dns-check --names pay.example.test,api.example.test --email ops@example.test --agree-tos --staging
  [ "$status" -eq 0 ]
  [ "$(setting TLS_MODE)" = acme ]
  [ "$(setting TLS_NAMES)" = pay.example.test,api.example.test ]
  [ "$(setting ACME_TERMS_AGREED)" = true ]
  [ "$(setting ACME_DIRECTORY_URL)" = https://acme-staging-v02.api.letsencrypt.org/directory ]
  [ ! -e tls ]
}

@test 'letsencrypt: a certbot that fails leaves everything as it is' {
  mkdir bin
  printf '#!/bin/sh\necho no >&2\nexit 1\n' >bin/certbot
  chmod +x bin/certbot
  before=$(snapshot)
  PATH=$PWD/bin:$PATH run_script letsencrypt --method certbot --skip-dns-check --names pay.example.test --email ops@example.test --agree-tos --http-port 5999
  [ "$status" -eq 1 ]
  [[ $output == *'are unchanged'* ]]
  [ "$before" = "$(snapshot)" ]
}

@test 'letsencrypt: certbot installs what it got, now and at each renewal' {
  mkdir -p bin lineage
  # A certbot that has just renewed: it runs the hook it was given, as the real one does.
  cat >bin/certbot <<'SH'
#!/bin/bash
while [ "$1" != --deploy-hook ]; do shift; done
printf '%s' "$2" >"$HOOK_FILE"
cd / && RENEWED_LINEAGE=$LINEAGE sh -c "$2"
SH
  chmod +x bin/certbot
  make_pair one ec
  cp one.crt lineage/fullchain.pem
  cp one.key lineage/privkey.pem
  export LINEAGE=$PWD/lineage HOOK_FILE=$PWD/hook
  PATH=$PWD/bin:$PATH run_script letsencrypt --method certbot --skip-dns-check --names pay.example.test --email ops@example.test --agree-tos --http-port 5999
  echo "$output"
  [ "$status" -eq 0 ]
  cmp one.crt tls/live/ec.crt
  [ "$(setting TLS_MODE)" = custom ]

  make_pair two rsa
  cp two.crt lineage/fullchain.pem
  cp two.key lineage/privkey.pem
  (cd / && RENEWED_LINEAGE=$LINEAGE sh -c "$(cat "$HOOK_FILE")")
  cmp two.crt tls/live/rsa.crt
}
