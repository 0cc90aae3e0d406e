-- Settings that are edited while the balancer runs, each a text under a tag; every balancer is told
-- of a change.

-- +goose Up
CREATE TABLE settings (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tag        text        NOT NULL UNIQUE,
    value      text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- +goose StatementBegin
CREATE FUNCTION settings_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY settings_changed;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER settings_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON settings
    FOR EACH STATEMENT EXECUTE FUNCTION settings_notify();

-- +goose Down
DROP TABLE settings;
DROP FUNCTION settings_notify();
