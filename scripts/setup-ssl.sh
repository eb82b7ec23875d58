#!/usr/bin/env bash
# Sets up TLS for the api: checks everything first, then writes certificates and settings. On bad input it changes nothing.
# Without -f a name such as * would become the names of files.
set -feuo pipefail

readonly PRODUCTION_DIRECTORY_URL=https://acme-v02.api.letsencrypt.org/directory
readonly STAGING_DIRECTORY_URL=https://acme-staging-v02.api.letsencrypt.org/directory
# Old versions that stay beside the live one, as the api itself keeps them.
readonly VERSIONS_KEPT=4

usage() {
  cat <<'TEXT'
Usage: scripts/setup-ssl.sh MODE [OPTION...]

Modes
  self-signed   a certificate for development; refused when the settings say NODE_ENV=production
  letsencrypt   certificates by ACME (HTTP-01), by the api itself or by certbot
  custom        certificates that you bring

Options of every mode
  --names LIST           names that clients use, separated by commas
  --env-file FILE        settings to change                       (default .env.production)
  --directory DIR        folder of certificates                   (default .upp/tls)
  --owner USER           who shall own certificates and keys      (default the user who runs this)
  --dry-run              checks everything and changes nothing

self-signed
  --days N               lifetime, 1 to 397                       (default 90)

custom
  --certificate FILE     PEM chain, leaf first; twice for one EC and one RSA certificate
  --key FILE             its private key, in the same order, without a passphrase

letsencrypt
  --email ADDRESS        where the authority writes about trouble
  --agree-tos            you have read and accept the authority's terms of service
  --method NAME          built-in (the api orders and renews) or certbot (default built-in)
  --staging              Let's Encrypt's test authority, which browsers do not trust
  --directory-url URL    another ACME authority
  --http-port N          port that answers the authority; it asks at port 80 of the names (default 80)
  --webroot DIR          certbot puts its answers there instead of listening itself
  --certbot-dir DIR      certbot's own folder                     (default certbot's)
  --skip-dns-check       does not ask whether the names resolve here
TEXT
}

# refuse: nothing has been changed when this is called.
refuse() {
  printf 'setup-ssl: %s\nNothing was changed.\n' "$1" >&2
  exit 2
}

need() {
  command -v "$1" >/dev/null || refuse "the program $1 is needed: $2"
}

mode=
names=
env_file=.env.production
directory=.upp/tls
owner=
days=90
email=
agree_tos=false
method=built-in
directory_url=$PRODUCTION_DIRECTORY_URL
http_port=80
webroot=
certbot_dir=
check_dns=true
dry_run=false
certificates=()
keys=()

parse() {
  case ${1-} in
    self-signed | letsencrypt | custom) mode=$1 ;;
    -h | --help) usage && exit 0 ;;
    '') usage >&2 && refuse 'a mode is needed' ;;
    *) refuse "unknown mode '$1'; it is self-signed, letsencrypt or custom" ;;
  esac
  shift
  while (($# > 0)); do
    case $1 in
      --agree-tos) agree_tos=true ;;
      --staging) directory_url=$STAGING_DIRECTORY_URL ;;
      --skip-dns-check) check_dns=false ;;
      --dry-run) dry_run=true ;;
      -h | --help) usage && exit 0 ;;
      --*)
        [[ $# -gt 1 && ${2-} != --* ]] || refuse "the option $1 is unknown or needs a value"
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
    --names) names=${2,,} ;;
    --env-file) env_file=$2 ;;
    --directory) directory=$2 ;;
    --owner) owner=$2 ;;
    --days) days=$2 ;;
    --email) email=$2 ;;
    --method) method=$2 ;;
    --directory-url) directory_url=$2 ;;
    --http-port) http_port=$2 ;;
    --webroot) webroot=$2 ;;
    --certbot-dir) certbot_dir=$2 ;;
    --certificate) certificates+=("$2") ;;
    --key) keys+=("$2") ;;
    *) refuse "the option $1 is unknown" ;;
  esac
}

# Settings are read by systemd and by node, whose ideas of quoting differ: such characters are kept out.
check_path() {
  [[ $2 =~ ^[A-Za-z0-9_./@:+-]+$ ]] || refuse "$1 '$2' may hold letters, digits and _ . / @ : + - only"
}

check_common() {
  need openssl 'apt-get install openssl'
  check_path --env-file "$env_file"
  check_path --directory "$directory"
  [[ -d $(dirname "$env_file") ]] || refuse "the folder of --env-file '$env_file' does not exist"
  [[ ! -e $env_file || (-f $env_file && -w $env_file) ]] || refuse "--env-file '$env_file' cannot be written"
  [[ ! -e $directory || -d $directory ]] || refuse "--directory '$directory' is not a folder"
  [[ ! -e $directory/live || -L $directory/live ]] || refuse "'$directory/live' was not made by this script or the api: it is no link"
  if [[ -n $owner ]]; then
    id "$owner" >/dev/null 2>&1 || refuse "--owner '$owner' is no user of this machine"
    [[ $(id -u) == 0 || $(id -un) == "$owner" ]] || refuse '--owner can be another user only when root runs this'
  fi
  local name
  for name in ${names//,/ }; do
    [[ $name =~ ^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$ && ${#name} -le 253 ]] || refuse "'$name' is no DNS name"
  done
}

is_production() {
  [[ -f $env_file ]] && grep -Eq '^[[:space:]]*NODE_ENV[[:space:]]*=[[:space:]]*"?production"?[[:space:]]*$' "$env_file"
}

check_self_signed() {
  [[ -n $names ]] || names=localhost
  [[ $days =~ ^[1-9][0-9]{0,2}$ && $days -le 397 ]] || refuse "--days '$days' is not a number from 1 to 397"
  ! is_production || refuse "$env_file says NODE_ENV=production: clients would have to trust a certificate that nobody vouches for"
}

# The kind of a private key as the api names it, or nothing.
key_type() {
  case $(openssl pkey -in "$1" -passin pass: -noout -text 2>/dev/null) in
    *'NIST CURVE'*) echo ec ;;
    *publicExponent*) echo rsa ;;
  esac
}

check_custom() {
  ((${#certificates[@]} > 0)) || refuse '--certificate is needed'
  ((${#certificates[@]} == ${#keys[@]})) || refuse 'each --certificate needs its --key'
  ((${#certificates[@]} <= 2)) || refuse 'two certificates are the most: one EC, one RSA'
  local index types=()
  for index in "${!certificates[@]}"; do
    check_pair "${certificates[index]}" "${keys[index]}"
    types+=("$(key_type "${keys[index]}")")
  done
  [[ ${#types[@]} == 1 || ${types[0]} != "${types[1]}" ]] || refuse 'both certificates have the same kind of key'
}

check_pair() {
  local certificate=$1 key=$2 name
  [[ -f $certificate && -r $certificate ]] || refuse "the certificate '$certificate' cannot be read"
  [[ -f $key && -r $key ]] || refuse "the key '$key' cannot be read"
  openssl x509 -in "$certificate" -noout 2>/dev/null || refuse "'$certificate' is no certificate in PEM"
  openssl pkey -in "$key" -passin pass: -noout 2>/dev/null || refuse "'$key' is no private key in PEM without a passphrase"
  [[ -n $(key_type "$key") ]] || refuse "'$key' is neither an EC nor an RSA key"
  [[ $(openssl x509 -in "$certificate" -noout -pubkey) == "$(openssl pkey -in "$key" -passin pass: -pubout)" ]] ||
    refuse "the key '$key' belongs to another certificate than '$certificate'"
  openssl x509 -in "$certificate" -noout -checkend 0 >/dev/null || refuse "'$certificate' has expired"
  for name in ${names//,/ }; do
    openssl x509 -in "$certificate" -noout -checkhost "$name" | grep -q 'does match' || refuse "'$certificate' does not cover $name"
  done
}

check_letsencrypt() {
  [[ -n $names ]] || refuse '--names is needed'
  [[ $names != *'*'* ]] || refuse 'a wildcard cannot be proved over HTTP; use a certificate from elsewhere with the mode custom'
  [[ $email =~ ^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$ ]] || refuse "--email '$email' is no address"
  $agree_tos || refuse '--agree-tos is needed: read the terms of service of the authority first'
  [[ $directory_url =~ ^https://[^[:space:]\"\']+$ ]] || refuse "--directory-url '$directory_url' is no https URL"
  [[ $http_port =~ ^[1-9][0-9]{0,4}$ && $http_port -le 65535 ]] || refuse "--http-port '$http_port' is no port"
  [[ $method == built-in || $method == certbot ]] || refuse "--method '$method' is unknown; it is built-in or certbot"
  local name
  for name in ${names//,/ }; do
    [[ $name == *.* ]] || refuse "'$name' is no public name"
    ! $check_dns || getent ahosts "$name" >/dev/null || refuse "$name does not resolve; the authority could not find this machine either"
  done
  [[ $method == built-in ]] || check_certbot
}

check_certbot() {
  need certbot 'apt-get install certbot'
  if [[ -n $webroot ]]; then
    check_path --webroot "$webroot"
    [[ -d $webroot ]] || refuse "--webroot '$webroot' is no folder"
  elif (exec 3<>"/dev/tcp/127.0.0.1/$http_port") 2>/dev/null; then
    refuse "something listens on port $http_port; stop it or use --webroot"
  fi
  [[ -z $certbot_dir ]] || check_path --certbot-dir "$certbot_dir"
}

# install_pairs certificate key [certificate key]: swaps all certificates of the folder in one step, as the api does.
install_pairs() {
  local version folder
  version=$(date -u +%Y-%m-%dT%H%M%S%NZ)-$(openssl rand -hex 4)
  folder=$directory/versions/$version
  (umask 077 && mkdir -p "$folder")
  while (($# > 0)); do
    local type
    type=$(key_type "$2")
    install -m 0644 "$1" "$folder/$type.crt"
    install -m 0600 "$2" "$folder/$type.key"
    shift 2
  done
  [[ -z $owner ]] || chown -R "$owner" "$directory"
  ln -s "versions/$version" "$directory/next-$version"
  mv -T "$directory/next-$version" "$directory/live"
  remove_old_versions
}

remove_old_versions() {
  local live version
  live=$(basename "$(readlink "$directory/live")")
  find "$directory/versions" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort | head -n -$VERSIONS_KEPT | while read -r version; do
    [[ $version == "$live" ]] || rm -r "${directory:?}/versions/$version"
  done
}

# write_settings NAME=VALUE...: replaces these variables in the file of settings, in one step.
write_settings() {
  local temporary setting pattern=
  for setting in "$@"; do pattern+="|${setting%%=*}"; done
  temporary=$(mktemp "$env_file.XXXXXX")
  if [[ -f $env_file ]]; then
    grep -Ev "^[[:space:]]*(${pattern#|})[[:space:]]*=" "$env_file" >"$temporary" || true
    chmod --reference="$env_file" "$temporary"
    [[ $(id -u) != 0 ]] || chown --reference="$env_file" "$temporary"
  fi
  # A last line without its end would swallow the first setting.
  [[ ! -s $temporary || -z $(tail -c 1 "$temporary") ]] || echo >>"$temporary"
  printf '%s\n' "$@" >>"$temporary"
  mv -T "$temporary" "$env_file"
}

apply_self_signed() {
  local folder name alternatives=DNS:localhost,IP:127.0.0.1
  for name in ${names//,/ }; do [[ $name == localhost ]] || alternatives+=,DNS:$name; done
  folder=$(mktemp -d)
  # shellcheck disable=SC2064  # The folder of now is meant.
  trap "rm -rf '$folder'" EXIT
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days "$days" -subj "/CN=${names%%,*}" \
    -addext "subjectAltName=$alternatives" -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
    -keyout "$folder/key" -out "$folder/crt" 2>/dev/null
  install_pairs "$folder/crt" "$folder/key"
  write_settings TLS_MODE=self_signed "TLS_NAMES=$names" "TLS_DIRECTORY=$directory"
  echo "A self-signed certificate for $names is in $directory/live."
}

apply_custom() {
  local index pairs=() certificate_files=() key_files=() type
  for index in "${!certificates[@]}"; do
    pairs+=("${certificates[index]}" "${keys[index]}")
    type=$(key_type "${keys[index]}")
    certificate_files+=("$directory/live/$type.crt")
    key_files+=("$directory/live/$type.key")
  done
  install_pairs "${pairs[@]}"
  write_settings TLS_MODE=custom "TLS_NAMES=$names" "TLS_CERTIFICATE_FILES=$(join "${certificate_files[@]}")" \
    "TLS_KEY_FILES=$(join "${key_files[@]}")"
  echo "The certificates are in $directory/live. An api that runs with them takes them up within a minute."
}

join() {
  local IFS=,
  echo "$*"
}

apply_letsencrypt() {
  if [[ $method == certbot ]]; then
    run_certbot
    return
  fi
  write_settings TLS_MODE=acme "TLS_NAMES=$names" "TLS_DIRECTORY=$directory" TLS_PLAIN_HTTP=true "TLS_PLAIN_HTTP_PORT=$http_port" \
    "ACME_DIRECTORY_URL=$directory_url" "ACME_EMAIL=$email" ACME_TERMS_AGREED=true
  echo "The api orders certificates for $names when it starts, and renews them."
}

run_certbot() {
  local name hook arguments=(certonly --non-interactive --agree-tos --email "$email" --server "$directory_url" --cert-name "${names%%,*}")
  for name in ${names//,/ }; do arguments+=(--domain "$name"); done
  if [[ -n $webroot ]]; then
    arguments+=(--webroot --webroot-path "$webroot")
  else
    arguments+=(--standalone --http-01-port "$http_port")
  fi
  [[ -z $certbot_dir ]] || arguments+=(--config-dir "$certbot_dir/config" --work-dir "$certbot_dir/work" --logs-dir "$certbot_dir/logs")
  # certbot runs this now and after each renewal; RENEWED_LINEAGE is its word for the folder of the new certificate.
  hook="$(realpath "$0") custom --names $names --env-file $(realpath -m "$env_file") --directory $(realpath -m "$directory")"
  hook+=" ${owner:+--owner $owner} --certificate \$RENEWED_LINEAGE/fullchain.pem --key \$RENEWED_LINEAGE/privkey.pem"
  certbot "${arguments[@]}" --deploy-hook "$hook" >&2 || {
    echo 'setup-ssl: certbot failed; the settings and the certificates in use are unchanged.' >&2
    exit 1
  }
  [[ -e $directory/live ]] || {
    echo 'setup-ssl: certbot has a certificate, but it was not installed; see its log.' >&2
    exit 1
  }
  echo "certbot keeps the certificates for $names and installs each renewal in $directory/live."
}

parse "$@"
check_common
"check_${mode//-/_}"
if $dry_run; then
  echo 'Everything is in order. Nothing was changed.'
  exit 0
fi
"apply_${mode//-/_}"
