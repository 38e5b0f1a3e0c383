# Every .sql file below is embedded into the binaries: sql/embed.sh writes one C table of them.
EXTRA_DIST += sql/embed.sh
