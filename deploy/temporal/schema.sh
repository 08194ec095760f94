#!/bin/sh
# Makes Temporal's two databases and brings them to the newest schema; may be run again. SQL_* variables say where.
set -eu

for pair in temporal:temporal temporal_visibility:visibility; do
    database=${pair%%:*}
    kind=${pair##*:}
    tool="temporal-sql-tool --plugin postgres12 --db $database"
    $tool create
    $tool setup-schema --version 0.0
    $tool update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$kind/versioned"
done
