-- Settings that are edited while the balancer runs, each a text under a tag; and a number that every
-- change of them moves, which whoever has the file open compares with the one it knows.

-- +goose Up
CREATE TABLE settings (
    id         INTEGER PRIMARY KEY,
    tag        TEXT    NOT NULL UNIQUE,
    value      TEXT    NOT NULL,
    created_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE settings_revision (revision INTEGER NOT NULL) STRICT;
INSERT INTO settings_revision VALUES (0);

-- +goose StatementBegin
CREATE TRIGGER settings_inserted AFTER INSERT ON settings
BEGIN
    UPDATE settings_revision SET revision = revision + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER settings_updated AFTER UPDATE ON settings
BEGIN
    UPDATE settings_revision SET revision = revision + 1;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER settings_deleted AFTER DELETE ON settings
BEGIN
    UPDATE settings_revision SET revision = revision + 1;
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE settings;
DROP TABLE settings_revision;
