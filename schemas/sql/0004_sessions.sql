-- 0004_sessions.sql - who may log in no more is out at once, and a new password ends what the old one opened.
--
-- Held here, so that no way of disabling a user (the command line, the API, SQL by hand) can forget it, and so that
-- finding a session stays a look-up of one row.

CREATE FUNCTION app_user_sessions_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM session WHERE user_id = NEW.id;
    IF NEW.disabled_at IS NOT NULL THEN
        UPDATE api_token SET revoked_at = now() WHERE user_id = NEW.id AND revoked_at IS NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER app_user_sessions_end AFTER UPDATE OF disabled_at, password_hash ON app_user
    FOR EACH ROW WHEN (NEW.disabled_at IS DISTINCT FROM OLD.disabled_at OR NEW.password_hash <> OLD.password_hash)
    EXECUTE FUNCTION app_user_sessions_end();
