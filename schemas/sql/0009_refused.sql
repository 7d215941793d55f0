-- 0009_refused.sql - events that no broker takes: put aside, instead of dropped.
--
-- They become dead letters of the service that made them, so that they are listed and driven again like those that a
-- service gave up on: replayed, they lie in that service's outbox as they were. Of a call that is gone meanwhile nothing is
-- kept but that it was deleted, and a dead letter's copy on its topic is none of its own.

CREATE FUNCTION put_refused_aside(its_producer text, refused uuid[], why text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH taken AS (
        DELETE FROM outbox o WHERE o.id = ANY (refused) AND o.producer = its_producer
            AND (its_producer = 'api-gateway' OR session_user <> 'callmill_api')
        RETURNING o.*, CASE WHEN o.aggregateid ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN o.aggregateid::uuid END AS about
    )
    INSERT INTO dead_letter (id, service, topic, message_key, payload, headers, organization_id, call_id, class, reason, attempts)
    SELECT t.id, t.producer, t.aggregatetype, coalesce(t.message_key, convert_to(t.aggregateid, 'UTF8')), t.payload, t.headers,
        c.organization_id, c.id, 'reject', why, 1
    FROM taken t LEFT JOIN call c ON c.id = t.about
    WHERE t.aggregatetype NOT LIKE 'dead-letter.%' AND (t.about IS NULL OR c.id IS NOT NULL OR t.aggregatetype = 'call.deleted')
    ON CONFLICT (service, id) DO NOTHING
$$;
REVOKE ALL ON FUNCTION put_refused_aside FROM PUBLIC;
GRANT EXECUTE ON FUNCTION put_refused_aside TO callmill_worker, callmill_api;
