-- How many requests came, in all and of each client, over all balancers that use this database.

-- +goose Up
CREATE TABLE request_counts (
    id    smallint    PRIMARY KEY CONSTRAINT one_row CHECK (id = 1),
    count bigint      NOT NULL DEFAULT 0,
    since timestamptz NOT NULL DEFAULT now()
);
INSERT INTO request_counts (id) VALUES (1);

CREATE TABLE client_counts (
    client_id text        PRIMARY KEY,
    allowed   bigint      NOT NULL,
    refused   bigint      NOT NULL,
    last_seen timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT client_id_range CHECK (octet_length(client_id) BETWEEN 1 AND 256)
);

-- The last batch of counts that each balancer process has added: one that is sent again, since
-- nobody knows what became of it, is added once.
CREATE TABLE count_writers (
    writer     text        PRIMARY KEY,
    batch      bigint      NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE count_writers;
DROP TABLE client_counts;
DROP TABLE request_counts;
