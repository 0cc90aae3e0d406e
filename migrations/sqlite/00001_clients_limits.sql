-- +goose Up
CREATE TABLE clients_limits (
    id           INTEGER PRIMARY KEY,
    client_id    TEXT    NOT NULL UNIQUE,
    capacity     INTEGER NOT NULL,
    rate_per_sec REAL    NOT NULL,
    created_at   TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at   TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),

    CONSTRAINT client_id_range    CHECK (length(CAST(client_id AS BLOB)) BETWEEN 1 AND 256),
    CONSTRAINT capacity_range     CHECK (capacity BETWEEN 1 AND 1000000000),
    -- SQLite stores NaN as NULL, which NOT NULL keeps out.
    CONSTRAINT rate_per_sec_range CHECK (rate_per_sec > 0 AND rate_per_sec <= 1e9)
) STRICT;

-- +goose Down
DROP TABLE clients_limits;
