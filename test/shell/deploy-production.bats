#!/usr/bin/env bats
# scripts/deploy-production.sh: what it refuses, and the steps before any process is replaced. The rolling restart is rehearsed in test/deploy.

setup() {
  SCRIPT="$BATS_TEST_DIRNAME/../../scripts/deploy-production.sh"
  cd "$BATS_TEST_TMPDIR"
  mkdir -p root bin artifact/{dist/scripts,node_modules,migrations}
  # A release whose migrate.js records how it was called.
  cat >artifact/dist/scripts/migrate.js <<'JS'
const fs = require('node:fs');
fs.appendFileSync(process.env.RECORD, `migrate ${process.argv.slice(2).join(' ')} ${process.env.SECRET}\n`);
process.exit(process.argv.includes('--plan') ? Number(process.env.PLAN_STATUS ?? 0) : 0);
JS
  printf 'DATABASE_URL=postgres://us%%65r:p%%40ss@db.test:5433/upp?sslmode=require\nRECORD=%s\nSECRET="a b $(reboot)"\n# note\n' "$PWD/record" >upp.env
  printf '#!/bin/sh\nexit 0\n' >bin/true-restart
  chmod +x bin/*
  export PATH=$PWD/bin:$PATH
}

deploy() {
  run "$SCRIPT" --root root --env-file upp.env --min-free-mb 1 --api 59991,59992 --worker 59993 --health-timeout 1 --restart true-restart "$@"
  echo "$output"
}

# refuses PATTERN OPTION...: a clear message, and every file as it was.
refuses() {
  local before
  before=$(snapshot)
  deploy "${@:2}"
  [ "$status" -eq 2 ]
  [[ $output == *"$1"* ]]
  [[ $output == *'Nothing in service was changed.'* ]]
  [ "$before" = "$(snapshot)" ]
}

snapshot() {
  find root artifact upp.env -printf '%p %m %y %l\n' | sort
}

@test 'explains itself' {
  run "$SCRIPT" --help
  [ "$status" -eq 0 ]
  [[ $output == Usage:* ]]
}

@test 'refuses options that make no sense' {
  refuses 'is unknown' --artifact artifact --colour blue
  refuses 'needs a value' --artifact artifact --colour
  refuses "unexpected word 'now'" --artifact artifact now
  refuses 'is no list of ports' --artifact artifact --api 3001,x
  refuses 'names a port twice' --artifact artifact --api 3001,3001
  refuses 'is no number' --artifact artifact --keep 0
  refuses "--proxy 'caddy' is unknown" --artifact artifact --proxy caddy
}

@test 'refuses places that are not there' {
  refuses 'is no folder that can be written' --artifact artifact --root nowhere
  refuses 'cannot be read' --artifact artifact --env-file nowhere
  refuses 'is no socket of haproxy' --artifact artifact --proxy haproxy:nowhere/api
  refuses 'cannot be written' --artifact artifact --proxy nginx:nowhere
  refuses 'are needed' --artifact artifact --min-free-mb 999999
}

@test 'refuses what is not built, and what is no commit' {
  rm -r artifact/node_modules
  refuses 'is not installed and built' --artifact artifact
  git init -q source
  refuses 'is no commit' --source source --ref v9
}

@test 'refuses a proxy that does not know the processes, and a single process behind one' {
  printf 'server 127.0.0.1:59991;\n' >upstream
  refuses "has no line 'server 127.0.0.1:59992;'" --artifact artifact --proxy nginx:upstream
  refuses 'cannot be replaced without a gap' --artifact artifact --proxy nginx:upstream --api 59991
}

@test 'refuses to deploy over an unhealthy process, unless told so' {
  mkdir -p root/releases/old
  ln -s releases/old root/current
  refuses 'is unhealthy now' --artifact artifact
  deploy --artifact artifact --allow-unhealthy --dry-run
  [ "$status" -eq 0 ]
}

@test 'refuses a second deployment at the same time' {
  exec 8<root
  flock 8
  refuses 'another deployment is running' --artifact artifact
}

@test 'a dry run changes nothing' {
  before=$(snapshot)
  deploy --artifact artifact --dry-run
  [ "$status" -eq 0 ]
  [ "$before" = "$(snapshot)" ]
}

@test 'removes the release again when its migrations contract or its settings are wrong' {
  echo PLAN_STATUS=3 >>upp.env
  refuses 'the migrations contract the schema' --artifact artifact
  sed -i s/PLAN_STATUS=3/PLAN_STATUS=1/ upp.env
  refuses 'the settings are wrong for this release' --artifact artifact
  [ "$(grep -c -- --plan record)" = 2 ]
}

@test 'takes a backup before it migrates, with the password in the environment alone' {
  cat >bin/pg_dump <<'SH'
#!/bin/bash
echo "dump $* $PGHOST $PGPORT $PGUSER $PGPASSWORD $PGDATABASE $PGSSLMODE" >>"$RECORD"
echo data >"${!##--file=}"
SH
  printf '#!/bin/sh\necho "verified" >>"$RECORD"\n' >bin/pg_restore
  chmod +x bin/*
  deploy --artifact artifact
  # Nothing answers on the ports: the gate stays shut, and there is no release before.
  [ "$status" -eq 1 ]
  [[ $output == *'there is no release before it'* ]]
  run cat record
  [[ ${lines[0]} == 'migrate --plan a b $(reboot)' ]]
  [[ ${lines[1]} == 'dump --format=custom --no-owner --file='*' db.test 5433 user p@ss upp require' ]]
  [[ ${lines[2]} == verified ]]
  [[ ${lines[3]} == 'migrate  a b $(reboot)' ]]
  [ "$(stat -c %a root/backups/*.dump)" = 600 ]
}

@test 'does not migrate when the backup fails' {
  printf '#!/bin/sh\nexit 1\n' >bin/pg_dump
  chmod +x bin/pg_dump
  deploy --artifact artifact
  [ "$status" -ne 0 ]
  [[ $output == *'failed before any process was replaced'* ]]
  [ "$(wc -l <record)" = 1 ]
  [ -z "$(ls root/releases)" ]
  [ ! -e root/current ]
}

@test 'installs and builds a commit, without scripts of packages, and drops what only the build needs' {
  git init -q source
  cp -r artifact/dist artifact/migrations source/
  echo '{}' >source/package.json
  touch source/migrations/x
  git -C source add -A
  git -C source -c user.name=x -c user.email=x@x.test commit -qm one
  echo dirty >source/uncommitted
  printf '#!/bin/sh\necho "npm $* $(ls -x)" >>"$RECORD"\n' >bin/npm
  chmod +x bin/npm
  export RECORD=$PWD/npm-record
  deploy --source source --backup 'cp upp.env'
  [[ $output == *'installing and building'* ]]
  run cat npm-record
  [[ ${lines[0]} == 'npm ci --ignore-scripts'* ]]
  [[ ${lines[1]} == 'npm run build'* ]]
  [[ ${lines[2]} == 'npm prune --omit=dev --ignore-scripts'* ]]
  [[ ${lines[0]} != *uncommitted* ]]
  [[ $(ls root/releases) == *-$(git -C source rev-parse --short HEAD) ]]
}
