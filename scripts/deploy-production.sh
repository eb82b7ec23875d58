#!/usr/bin/env bash
# Puts a new release into production: checks, backup, install, build, migrate, then one process after another behind the proxy, each behind a
# health gate. When a gate stays shut, the release before comes back by itself. Nothing in service is touched before every check has passed.
set -feuo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/deploy-production.sh [OPTION...]

What to deploy
  --source DIR         a git checkout; it is installed and built here      (default the one of this script)
  --ref REF            what of it                                           (default HEAD)
  --artifact DIR       instead: a folder that is installed and built already

Where
  --root DIR           holds releases/, backups/ and the link current       (default /opt/upp)
  --env-file FILE      settings of the processes                            (default /etc/upp/upp.env)
  --api PORTS          the api's processes by their ports                   (default 3001,3002)
  --worker PORTS       the worker's processes by their ports                (default 3101)
  --restart COMMAND    run as: COMMAND api|worker PORT                      (default systemctl restart upp-api@PORT)
  --keep N             releases and backups that stay                       (default 5)

The proxy in front of the api
  --proxy none         none: each restart shows
  --proxy haproxy:SOCKET/BACKEND   servers are called api-PORT
  --proxy nginx:FILE   FILE holds one line "server 127.0.0.1:PORT;" for each process
  --nginx-reload CMD   reloads nginx                                        (default systemctl reload nginx)

How
  --backup COMMAND     run as: COMMAND FILE                                 (default pg_dump of DATABASE_URL)
  --health-timeout S   for one process to become healthy                    (default 60)
  --drain-timeout S    for running requests to end                          (default 30)
  --min-free-mb N      free space that is needed                            (default 2048)
  --allow-contract     runs migrations that the running release may not survive
  --allow-unhealthy    deploys although a process is unhealthy now
  --dry-run            checks everything and changes nothing
TEXT
}

say() {
  printf '%s deploy: %s\n' "$(date -u +%H:%M:%S)" "$1"
}

# refuse: nothing in service has been changed when this is called.
refuse() {
  printf 'deploy: %s\nNothing in service was changed.\n' "$1" >&2
  exit 2
}

source_dir=$(cd "$(dirname "$0")/.." && pwd)
ref=HEAD
artifact=
root=/opt/upp
env_file=/etc/upp/upp.env
api=3001,3002
worker=3101
restart=
keep=5
proxy=none
nginx_reload='systemctl reload nginx'
backup=
health_timeout=60
drain_timeout=30
min_free_mb=2048
allow_contract=false
allow_unhealthy=false
dry_run=false

release=
previous=
touched=()

parse() {
  while (($# > 0)); do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --allow-contract) allow_contract=true ;;
      --allow-unhealthy) allow_unhealthy=true ;;
      --dry-run) dry_run=true ;;
      --*)
        [[ $# -gt 1 ]] || refuse "the option $1 is unknown or needs a value"
        parse_value "$1" "$2"
        shift
        ;;
      *) refuse "unexpected word '$1'" ;;
    esac
    shift
  done
}

parse_value() {
  case $1 in
    --source) source_dir=$2 ;;
    --ref) ref=$2 ;;
    --artifact) artifact=$2 ;;
    --root) root=$2 ;;
    --env-file) env_file=$2 ;;
    --api) api=$2 ;;
    --worker) worker=$2 ;;
    --restart) restart=$2 ;;
    --keep) keep=$2 ;;
    --proxy) proxy=$2 ;;
    --nginx-reload) nginx_reload=$2 ;;
    --backup) backup=$2 ;;
    --health-timeout) health_timeout=$2 ;;
    --drain-timeout) drain_timeout=$2 ;;
    --min-free-mb) min_free_mb=$2 ;;
    *) refuse "the option $1 is unknown" ;;
  esac
}

# --- checks ---------------------------------------------------------------------------------------------------------------------------------

check() {
  local program
  for program in node npm curl ss flock; do command -v "$program" >/dev/null || refuse "the program $program is needed"; done
  [[ -n $backup ]] || command -v pg_dump >/dev/null || refuse 'pg_dump is needed for the backup, or another --backup'
  check_number --keep "$keep"
  check_number --health-timeout "$health_timeout"
  check_number --drain-timeout "$drain_timeout"
  check_number --min-free-mb "$min_free_mb"
  check_ports --api "$api"
  [[ -z $worker ]] || check_ports --worker "$worker"
  [[ -d $root && -w $root ]] || refuse "--root '$root' is no folder that can be written"
  [[ -f $env_file && -r $env_file ]] || refuse "--env-file '$env_file' cannot be read"
  # Programs of a release run in its folder.
  root=$(realpath "$root")
  env_file=$(realpath "$env_file")
  [[ ! -e $root/current || -L $root/current ]] || refuse "'$root/current' is no link"
  check_what
  check_proxy
  local free
  free=$(df -Pm "$root" | awk 'NR == 2 { print $4 }')
  ((free >= min_free_mb)) || refuse "$free MB are free in $root; $min_free_mb are needed"
  [[ ! -L $root/current ]] || previous=$(readlink -f "$root/current")
  [[ -z $previous || -d $previous ]] || refuse "'$root/current' leads nowhere"
  check_running
}

check_number() {
  [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || refuse "$1 '$2' is no number from 1"
}

check_ports() {
  [[ $2 =~ ^[1-9][0-9]{1,4}(,[1-9][0-9]{1,4})*$ ]] || refuse "$1 '$2' is no list of ports"
  [[ -z $(tr , '\n' <<<"$2" | sort | uniq -d) ]] || refuse "$1 '$2' names a port twice"
}

check_what() {
  if [[ -n $artifact ]]; then
    [[ -f $artifact/dist/scripts/migrate.js && -d $artifact/node_modules && -d $artifact/migrations ]] ||
      refuse "--artifact '$artifact' is not installed and built: dist, node_modules or migrations is missing"
  else
    git -C "$source_dir" rev-parse --verify --quiet "$ref^{commit}" >/dev/null || refuse "'$ref' is no commit of '$source_dir'"
  fi
}

check_proxy() {
  local port
  case $proxy in
    none) ;;
    haproxy:*/*)
      [[ -S $(haproxy_socket) ]] || refuse "'$(haproxy_socket)' is no socket of haproxy"
      for port in ${api//,/ }; do
        [[ -n $(haproxy_field "$port" 18) ]] || refuse "haproxy has no server api-$port in the backend $(haproxy_backend)"
      done
      ;;
    nginx:*)
      [[ -f ${proxy#*:} && -w ${proxy#*:} ]] || refuse "'${proxy#*:}' cannot be written"
      for port in ${api//,/ }; do
        grep -Eq "^[[:space:]]*server 127\.0\.0\.1:$port;" "${proxy#*:}" || refuse "${proxy#*:} has no line 'server 127.0.0.1:$port;'"
      done
      ;;
    *) refuse "--proxy '$proxy' is unknown" ;;
  esac
  [[ $proxy == none || $api == *,* ]] || refuse 'one api process cannot be replaced without a gap: give --api two or more, or --proxy none'
}

check_running() {
  local port
  [[ -n $previous ]] || return 0
  ! $allow_unhealthy || return 0
  for port in ${api//,/ } ${worker//,/ }; do
    is_healthy "$port" || refuse "the process on port $port is unhealthy now; repair it, or add --allow-unhealthy to deploy over it"
  done
}

is_healthy() {
  curl --silent --fail --max-time 2 --output /dev/null "http://127.0.0.1:$1/health"
}

# --- backup, install, build, migrate ----------------------------------------------------------------------------------------------------------

# with_settings COMMAND...: runs it with the environment of the processes. No shell ever evaluates the values.
with_settings() {
  local line name value settings=()
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line =~ ^[[:space:]]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || continue
    name=${BASH_REMATCH[1]}
    value=${BASH_REMATCH[2]}
    [[ ! $value =~ ^(\"(.*)\"|\'(.*)\')$ ]] || value=${value:1:-1}
    settings+=("$name=$value")
  done <"$env_file"
  (
    ((${#settings[@]} == 0)) || export "${settings[@]}"
    "$@"
  )
}

make_release() {
  local id
  id=$(date -u +%Y%m%dT%H%M%SZ)
  [[ -n $artifact ]] || id+=-$(git -C "$source_dir" rev-parse --short "$ref^{commit}")
  release=$root/releases/$id
  [[ ! -e $release ]] || refuse "the release $id exists already"
  mkdir -p "$release"
  if [[ -n $artifact ]]; then
    say "copying $artifact"
    cp -a "$artifact/." "$release/"
    return
  fi
  say "installing and building $ref of $source_dir"
  git -C "$source_dir" archive "$ref" | tar -x -C "$release"
  (
    cd "$release"
    npm ci --ignore-scripts --no-audit --no-fund
    npm run build
    npm prune --omit=dev --ignore-scripts --no-audit --no-fund
  )
}

node_of_release() {
  if [[ -x $release/node_modules/.bin/node ]]; then echo "$release/node_modules/.bin/node"; else command -v node; fi
}

migrate() {
  (cd "$release" && with_settings "$(node_of_release)" dist/scripts/migrate.js "$@")
}

check_migrations() {
  local status=0
  migrate --plan || status=$?
  case $status in
    0) ;;
    3) $allow_contract || refuse 'the migrations contract the schema; deploy them when no process of the running release needs the old one, with --allow-contract' ;;
    *) refuse 'the settings are wrong for this release, or the database cannot be reached' ;;
  esac
}

take_backup() {
  local file
  file=$root/backups/$(basename "$release").dump
  (umask 077 && mkdir -p "$root/backups")
  say "backing up to $file"
  if [[ -n $backup ]]; then
    # shellcheck disable=SC2086  # A command with its words.
    with_settings $backup "$file"
  else
    with_settings dump_database "$file"
  fi
  [[ -s $file ]] || refuse "the backup $file is missing or empty"
  chmod 600 "$file"
}

dump_database() {
  # In the environment, not on the command line, where every user of the machine can read it.
  local parts
  parts=$(node -e '
    const url = new URL(process.env.DATABASE_DIRECT_URL || process.env.DATABASE_URL);
    const of = (name, value) => value && console.log(name + "=" + decodeURIComponent(value));
    of("PGHOST", url.searchParams.get("host") || url.hostname);
    of("PGPORT", url.port);
    of("PGUSER", url.username);
    of("PGPASSWORD", url.password);
    of("PGDATABASE", url.pathname.slice(1));
    of("PGSSLMODE", url.searchParams.get("sslmode"));')
  local variables=()
  mapfile -t variables <<<"$parts"
  export "${variables[@]}"
  pg_dump --format=custom --no-owner --file="$1"
  pg_restore --list "$1" >/dev/null
}

# --- one process after another ------------------------------------------------------------------------------------------------------------------

haproxy_socket() {
  local rest=${proxy#haproxy:}
  echo "${rest%/*}"
}

haproxy_backend() {
  echo "${proxy##*/}"
}

haproxy_say() {
  node -e '
    const socket = require("node:net").connect(process.argv[1]);
    socket.setTimeout(5000, () => socket.destroy(new Error("haproxy does not answer")));
    socket.end(process.argv[2] + "\n");
    socket.pipe(process.stdout);' "$(haproxy_socket)" "$1"
}

# A field of haproxy's statistics of the server for a port: 5 is the requests that run, 18 the status.
haproxy_field() {
  haproxy_say 'show stat' | awk -F, -v backend="$(haproxy_backend)" -v server="api-$1" -v field="$2" '$1 == backend && $2 == server { print $field }'
}

# set_nginx PORT ' down' | '': swaps the line of the process and reloads.
set_nginx() {
  local file=${proxy#nginx:} temporary
  temporary=$(mktemp "$file.XXXXXX") || return 1
  sed -E "s/^([[:space:]]*server 127\.0\.0\.1:$1)( down)?;/\1$2;/" "$file" >"$temporary" || return 1
  chmod --reference="$file" "$temporary" || return 1
  mv -T "$temporary" "$file" || return 1
  # shellcheck disable=SC2086  # A command with its words.
  $nginx_reload 9<&-
}

take_out() {
  case $proxy in
    haproxy:*)
      haproxy_say "set server $(haproxy_backend)/api-$1 state drain" >/dev/null || return 1
      wait_until "$drain_timeout" haproxy_is_drained "$1" || say "requests still run on port $1 after $drain_timeout s; the process itself lets them end"
      haproxy_say "set server $(haproxy_backend)/api-$1 state maint" >/dev/null
      ;;
    nginx:*)
      set_nginx "$1" ' down' || return 1
      wait_until "$drain_timeout" has_no_connection "$1" || say "connections still exist to port $1 after $drain_timeout s; the process itself lets them end"
      ;;
  esac
}

haproxy_is_drained() {
  [[ $(haproxy_field "$1" 5) == 0 ]]
}

has_no_connection() {
  [[ -z $(ss -Htn state established "( sport = :$1 )") ]]
}

put_back() {
  case $proxy in
    haproxy:*)
      haproxy_say "set server $(haproxy_backend)/api-$1 state ready" >/dev/null || return 1
      wait_until "$health_timeout" haproxy_has_it "$1"
      ;;
    nginx:*) set_nginx "$1" '' ;;
  esac
}

haproxy_has_it() {
  [[ $(haproxy_field "$1" 18) == UP* ]]
}

# wait_until SECONDS COMMAND...
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}

restart_process() {
  if [[ -n $restart ]]; then
    # shellcheck disable=SC2086  # A command with its words.
    $restart "$1" "$2" 9<&-
  else
    systemctl restart "upp-$1@$2"
  fi
}

is_steady() {
  is_healthy "$1" && sleep 0.5 && is_healthy "$1"
}

# replace api|worker PORT: fails when the new process does not become healthy.
replace() {
  say "replacing $1 on port $2"
  [[ $1 == worker ]] || take_out "$2" || return 1
  restart_process "$1" "$2" || return 1
  wait_until "$health_timeout" is_steady "$2" || return 1
  [[ $1 == worker ]] || put_back "$2"
}

# restore api|worker PORT: as replace, and the proxy gets the process back whatever its state: it did not leave it out before.
restore() {
  local status=0
  say "restoring $1 on port $2"
  [[ $1 == worker ]] || take_out "$2" || status=1
  restart_process "$1" "$2" || status=1
  wait_until $((health_timeout > 60 ? health_timeout : 60)) is_steady "$2" || status=1
  [[ $1 == worker ]] || put_back "$2" || status=1
  return $status
}

switch_to() {
  ln -sfn "releases/$(basename "$1")" "$root/next"
  mv -T "$root/next" "$root/current"
}

roll() {
  local port
  for port in ${api//,/ }; do
    touched+=("api $port")
    replace api "$port" || return 1
  done
  for port in ${worker//,/ }; do
    touched+=("worker $port")
    replace worker "$port" || return 1
  done
}

roll_back() {
  local each
  trap '' INT TERM
  if [[ -z $previous ]]; then
    say 'FAILED, and there is no release before it'
    exit 1
  fi
  say "FAILED; bringing back $(basename "$previous")"
  switch_to "$previous"
  for each in "${touched[@]}"; do
    # shellcheck disable=SC2086  # Two words: what and where.
    restore $each || say "ATTENTION: $each is not healthy with the release before either"
  done
  say "$(basename "$previous") is back; the schema stays expanded, which it can work with. The failed release is kept in $release"
  exit 1
}

remove_old() {
  local folder name current
  current=$(basename "$(readlink "$root/current")")
  for folder in releases backups; do
    find "$root/$folder" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | head -n "-$keep" | while read -r name; do
      [[ $name == "$current" || $name == "$(basename "${previous:-none}")" ]] || rm -rf "${root:?}/$folder/$name"
    done
  done
}

parse "$@"
check
# The folder itself is the lock. Programs started below do not inherit it: a process in service would hold it for ever.
exec 9<"$root"
flock --nonblock 9 || refuse 'another deployment is running'
if $dry_run; then
  echo 'The checks before a build have passed. Nothing was changed.'
  exit 0
fi
abandon() {
  local status=$?
  ((status != 0)) || return 0
  if [[ -n $release ]]; then
    rm -rf "$release"
    rmdir --ignore-fail-on-non-empty "$root/releases"
  fi
  ((status == 2)) || echo 'deploy: failed before any process was replaced; those in service are as they were.' >&2
}
trap abandon EXIT
make_release
check_migrations
take_backup
say 'migrating'
migrate
trap - EXIT
switch_to "$release"
trap roll_back INT TERM
roll || roll_back
trap - INT TERM
remove_old
say "$(basename "$release") is in service"
