# Run in the tests' machine, once: PostgreSQL with peer authentication, the installed program set up
# as README says. Machines are thrown away, so nothing here can be run twice.
bin=$(dirname "$(ls /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)")
etc=/usr/local/etc/retentiond
systemd-sysusers
systemd-tmpfiles --create
journalctl --update-catalog

install -d -o postgres -g postgres /var/lib/testpg
runuser -u postgres -- "$bin/initdb" -N -A peer --auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8 \
  -D /var/lib/testpg/data >/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout /var/lib/testpg/data/server.key -out /var/lib/testpg/data/server.crt 2>/dev/null
chown postgres /var/lib/testpg/data/server.*
cat >/etc/systemd/system/testpg.service <<UNIT
[Service]
Type=notify
User=postgres
RuntimeDirectory=postgresql
ExecStart=$bin/postgres -D /var/lib/testpg/data -c unix_socket_directories=/run/postgresql \
  -c listen_addresses=127.0.0.1 -c ssl=on -c fsync=off -c autovacuum=off
KillMode=mixed
KillSignal=SIGINT
UNIT
systemctl daemon-reload
systemctl start testpg

cat >/usr/local/bin/sql <<'SH'
#!/bin/sh
exec runuser -u postgres -- psql -X -q -A -t -v ON_ERROR_STOP=1 -h /run/postgresql -d app "$@"
SH
chmod 755 /usr/local/bin/sql
runuser -u postgres -- createdb -h /run/postgresql app
sql <<'SQL'
CREATE ROLE retentiond LOGIN PASSWORD 'first';
CREATE ROLE anna LOGIN;
CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, note text);
CREATE INDEX ON event (at);
INSERT INTO event SELECT i, now() - interval '40 days', 'x' FROM generate_series(1, 100) i;
GRANT USAGE ON SCHEMA public TO retentiond;
GRANT SELECT, UPDATE, DELETE ON event TO retentiond;
ALTER ROLE retentiond SET log_parameter_max_length = 0;
ALTER ROLE retentiond SET log_parameter_max_length_on_error = 0;
SQL
runuser -u postgres -- retentionctl -d "host=/run/postgresql dbname=app" migrate >/dev/null
sql <<'SQL'
GRANT retention_worker TO retentiond;
GRANT retentiond TO retention_owner;
GRANT retention_approver, retention_operator TO anna;
SQL

cat >$etc/retentiond.cfg <<'CFG'
database: { conninfo = "host=/run/postgresql dbname=app"; connections = 1; };
log: { origin = "example.com/machine"; };
worker: { lease = "2 s"; stop_within = "5 s"; };
http: { listen = "unix:/run/retentiond/http.sock"; };
CFG
cat >$etc/policies/events.cfg <<'CFG'
events: {
  title = "Events"; role = "controller"; basis = "test"; mode = "enforce";
  data: { table = "public.event"; start = "at"; };
  stages = ( { after = "30 days"; do = "delete"; } );
  brake: { fraction = 1.0; };
};
CFG
chgrp retentiond $etc/*.cfg $etc/policies/*.cfg
chmod 640 $etc/*.cfg $etc/policies/*.cfg
(umask 077; openssl rand -hex 32 >/etc/credstore/retentiond.log-epoch-kek)

cat >/usr/local/bin/more-events <<'SH'
#!/bin/sh
exec sql -c "INSERT INTO event SELECT (SELECT coalesce(max(id), 0) FROM event) + i,
  now() - interval '40 days', 'x' FROM generate_series(1, ${1:-10}) i"
SH
cat >/usr/local/bin/run-now <<'SH'
#!/bin/sh
exec sql -c "SET SESSION AUTHORIZATION anna" -c "SELECT retention.request_run(ARRAY['events'])"
SH
chmod 755 /usr/local/bin/*
