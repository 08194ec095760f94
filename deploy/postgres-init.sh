#!/bin/bash
# Run once by the PostgreSQL image on an empty volume: an account for Temporal, one that owns the Card and migrates it,
# and one that works with it and may not change what stays.
set -eu

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    --set temporal_password="$TEMPORAL_DB_PASSWORD" --set demeu_password="$DEMEU_DB_PASSWORD" \
    --set app_password="$DEMEU_APP_DB_PASSWORD" <<'SQL'
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal_password';
CREATE ROLE demeu LOGIN PASSWORD :'demeu_password';
CREATE ROLE demeu_app LOGIN PASSWORD :'app_password';
CREATE DATABASE demeu OWNER demeu;
REVOKE CONNECT ON DATABASE demeu FROM PUBLIC;
GRANT CONNECT ON DATABASE demeu TO demeu_app;
SQL
