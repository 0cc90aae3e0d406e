-- Counts of clients by the hundred: a row has all clients from `first` on to the next row's, in the
-- order of their ids as JSON escapes them. What it costs to write many clients' counts is a row for
-- each, not the bytes. client_counts shows each client as a row, with what the journal has of it.

-- +goose Up
CREATE TABLE client_counts_blocks (
    id      INTEGER PRIMARY KEY,
    first   TEXT NOT NULL UNIQUE,
    -- {"client_id":[allowed,refused,last_seen],…}, last_seen in seconds since 1970
    clients TEXT NOT NULL
) STRICT;

-- The next batch puts them into blocks.
UPDATE client_counts_journal SET clients = json(clients);
INSERT INTO client_counts_journal (clients)
SELECT json_group_object(
    client_id, json_array(allowed, refused, coalesce(unixepoch(last_seen), unixepoch()))
)
FROM (SELECT *, row_number() OVER () / 5000 AS batch FROM client_counts)
GROUP BY batch;
DROP TABLE client_counts;

CREATE VIEW client_counts (client_id, allowed, refused, last_seen) AS
SELECT key, sum(value ->> 0), sum(value ->> 1),
    strftime('%Y-%m-%dT%H:%M:%SZ', max(coalesce(value ->> 2, unixepoch(written_at))), 'unixepoch')
FROM (
    SELECT key, value, NULL AS written_at FROM client_counts_blocks, json_each(clients)
    UNION ALL
    SELECT key, value, written_at FROM client_counts_journal, json_each(clients)
)
GROUP BY key;

-- +goose Down
CREATE TABLE client_counts_rows (
    client_id TEXT    PRIMARY KEY,
    allowed   INTEGER NOT NULL,
    refused   INTEGER NOT NULL,
    last_seen TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),

    CONSTRAINT client_id_range CHECK (length(CAST(client_id AS BLOB)) BETWEEN 1 AND 256)
) STRICT, WITHOUT ROWID;
INSERT INTO client_counts_rows SELECT * FROM client_counts;
DELETE FROM client_counts_journal;
DROP VIEW client_counts;
DROP TABLE client_counts_blocks;
ALTER TABLE client_counts_rows RENAME TO client_counts;
