-- Counts of clients that have not been added to client_counts yet: a batch is one row to write,
-- however many clients are in it. A client's count is what both tables have of it.

-- +goose Up
CREATE TABLE client_counts_journal (
    seq        INTEGER PRIMARY KEY,  -- from 1 again when the journal has been emptied
    clients    TEXT    NOT NULL,     -- {"client_id":[allowed,refused],…}
    written_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

-- +goose Down
INSERT INTO client_counts (client_id, allowed, refused, last_seen)
SELECT client.key, sum(client.value ->> 0), sum(client.value ->> 1), max(written_at)
FROM client_counts_journal, json_each(clients) AS client
WHERE true
GROUP BY client.key
ON CONFLICT (client_id) DO UPDATE SET
    allowed = allowed + excluded.allowed,
    refused = refused + excluded.refused,
    last_seen = excluded.last_seen;
DROP TABLE client_counts_journal;
