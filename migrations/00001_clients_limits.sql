-- +goose Up
CREATE TABLE clients_limits (
    id           bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id    text             NOT NULL UNIQUE,
    capacity     bigint           NOT NULL,
    rate_per_sec double precision NOT NULL,
    created_at   timestamptz      NOT NULL DEFAULT now(),
    updated_at   timestamptz      NOT NULL DEFAULT now(),

    CONSTRAINT client_id_range    CHECK (octet_length(client_id) BETWEEN 1 AND 256),
    CONSTRAINT capacity_range     CHECK (capacity BETWEEN 1 AND 1000000000),
    -- NaN sorts above every number, so the upper bound keeps it out.
    CONSTRAINT rate_per_sec_range CHECK (rate_per_sec > 0 AND rate_per_sec <= 1e9)
);

-- +goose Down
DROP TABLE clients_limits;
