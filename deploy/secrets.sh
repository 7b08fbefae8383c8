#!/bin/sh
# Make the files of secrets that a deployment needs: `secrets.sh FOLDER [HOST OF THE DATABASE]`. What
# is there stays as it is. Run by root, it gives each file to the one user that reads it.
set -eu
umask 077
folder=$1
host=${2:-db}
mkdir -p "$folder"

database=999   # the user of the PostgreSQL image
litwatch=10001 # the user of our image

# give UID FILE: standard input into the file, readable by that user alone
give() {
  if [ -e "$folder/$2" ]; then
    cat > /dev/null
  else
    cat > "$folder/.$2"
    chmod 400 "$folder/.$2"
    if [ "$(id -u)" = 0 ]; then chown "$1" "$folder/.$2"; fi
    mv "$folder/.$2" "$folder/$2"
  fi
}

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

for role in admin owner app read; do
  random | give $database "postgres-$role-password"
done
url() { printf 'postgresql+psycopg://litwatch_%s:%s@%s/litwatch' "$1" "$(cat "$folder/postgres-$1-password")" "$host"; }
url owner | give $litwatch database-owner-url
url app | give $litwatch database-url
random | give $litwatch web-keys

# To be filled in by you; empty: not used.
for name in slack-token slack-app-token slack-signing-secret email-password; do
  : | give $litwatch "$name"
done
: | give 0 relay-password

# The folder itself is root's; who is named above may pass through it.
chmod 711 "$folder"
