-- A log of changed client_ids, which every process that has the file open reads on from where it
-- stood. Only the newest thousand are kept: who fell further behind looks everything up anew.

-- +goose Up
CREATE TABLE clients_limits_changes (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id TEXT NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER clients_limits_changes_trim AFTER INSERT ON clients_limits_changes
BEGIN
    DELETE FROM clients_limits_changes WHERE seq <= NEW.seq - 1000;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER clients_limits_inserted AFTER INSERT ON clients_limits
BEGIN
    INSERT INTO clients_limits_changes (client_id) VALUES (NEW.client_id);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER clients_limits_updated AFTER UPDATE ON clients_limits
BEGIN
    INSERT INTO clients_limits_changes (client_id) VALUES (NEW.client_id);
    INSERT INTO clients_limits_changes (client_id)
        SELECT OLD.client_id WHERE OLD.client_id <> NEW.client_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER clients_limits_deleted AFTER DELETE ON clients_limits
BEGIN
    INSERT INTO clients_limits_changes (client_id) VALUES (OLD.client_id);
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER clients_limits_deleted;
DROP TRIGGER clients_limits_updated;
DROP TRIGGER clients_limits_inserted;
DROP TABLE clients_limits_changes;
