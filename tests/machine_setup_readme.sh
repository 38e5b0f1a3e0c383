# Run in the tests' machine, once: a PostgreSQL with an application's database in it, and nothing of
# retentiond but what `make install` put there. What README says comes after it.
bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)")
install -d -o postgres -g postgres /var/lib/testpg
runuser -u postgres -- "$bin/initdb" -N -A trust -E UTF8 --locale=C.UTF-8 -D /var/lib/testpg/data >/dev/null
# people come as they like; the worker's role by its user alone
printf 'local all retentiond peer\nlocal all all trust\n' >/var/lib/testpg/data/pg_hba.conf
cat >/etc/systemd/system/testpg.service <<UNIT
[Service]
Type=notify
User=postgres
RuntimeDirectory=postgresql
ExecStart=$bin/postgres -D /var/lib/testpg/data -c unix_socket_directories=/run/postgresql \
  -c listen_addresses= -c fsync=off -c autovacuum=off
KillMode=mixed
KillSignal=SIGINT
UNIT
systemctl daemon-reload
systemctl start testpg || { journalctl -n 30 --no-pager -u testpg; exit 1; }
export PGHOST=/run/postgresql
psql -Xq -U postgres -v ON_ERROR_STOP=1 -c 'CREATE ROLE app LOGIN' -c 'CREATE DATABASE app OWNER app'
psql -Xq -U app -d app -v ON_ERROR_STOP=1 <<'SQL'
CREATE SCHEMA ctm;
CREATE TABLE ctm.call_recording (recording_id bigint PRIMARY KEY, account_id bigint NOT NULL,
  recorded_at timestamptz NOT NULL);
CREATE INDEX ON ctm.call_recording (recorded_at);
CREATE TABLE ctm.call_transcript (recording_id bigint PRIMARY KEY REFERENCES ctm.call_recording, text text);
INSERT INTO ctm.call_recording SELECT i, i % 7, now() - interval '2 years' FROM generate_series(1, 100) i;
INSERT INTO ctm.call_transcript SELECT i, 'x' FROM generate_series(1, 50) i;
INSERT INTO ctm.call_recording SELECT i, i % 7, now() FROM generate_series(101, 110) i;
SQL
