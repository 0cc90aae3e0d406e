-- How many requests came, in all and of each client, over all balancers that use this file.

-- +goose Up
CREATE TABLE request_counts (
    id    INTEGER PRIMARY KEY CONSTRAINT one_row CHECK (id = 1),
    count INTEGER NOT NULL DEFAULT 0,
    since TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;
INSERT INTO request_counts (id) VALUES (1);

CREATE TABLE client_counts (
    client_id TEXT    PRIMARY KEY,
    allowed   INTEGER NOT NULL,
    refused   INTEGER NOT NULL,
    last_seen TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),

    CONSTRAINT client_id_range CHECK (length(CAST(client_id AS BLOB)) BETWEEN 1 AND 256)
) STRICT, WITHOUT ROWID;

-- The last batch of counts that each balancer process has added: one that is sent again, since
-- nobody knows what became of it, is added once.
CREATE TABLE count_writers (
    writer     TEXT    PRIMARY KEY,
    batch      INTEGER NOT NULL,
    written_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE count_writers;
DROP TABLE client_counts;
DROP TABLE request_counts;
