-- +goose Up
-- May be applied again: make-users keeps no history of migrations, so as not to meet the
-- balancer's in the same database.
CREATE TABLE IF NOT EXISTS users (
    id           uuid        PRIMARY KEY,
    email        text        NOT NULL UNIQUE,
    full_name    text        NOT NULL,
    age          integer     NOT NULL CHECK (age BETWEEN 0 AND 150),
    country_code text        NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
    is_active    boolean     NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
-- The order of GET /users.
CREATE INDEX IF NOT EXISTS users_created_at_id ON users (created_at, id);

-- +goose Down
DROP TABLE users;
