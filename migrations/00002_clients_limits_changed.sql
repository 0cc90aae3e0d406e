-- Tells every balancer which client's limits changed, whoever changed them.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION clients_limits_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        -- No client_id means all of them.
        PERFORM pg_notify('clients_limits_changed', '');
        RETURN NULL;
    END IF;
    -- A renamed client is two changed ones; equal notifications of one transaction are sent once.
    IF TG_OP <> 'INSERT' THEN
        PERFORM pg_notify('clients_limits_changed', OLD.client_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM pg_notify('clients_limits_changed', NEW.client_id);
    END IF;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER clients_limits_row_changed
    AFTER INSERT OR UPDATE OR DELETE ON clients_limits
    FOR EACH ROW EXECUTE FUNCTION clients_limits_notify();

CREATE TRIGGER clients_limits_truncated
    AFTER TRUNCATE ON clients_limits
    FOR EACH STATEMENT EXECUTE FUNCTION clients_limits_notify();

-- +goose Down
DROP TRIGGER clients_limits_truncated ON clients_limits;
DROP TRIGGER clients_limits_row_changed ON clients_limits;
DROP FUNCTION clients_limits_notify();
