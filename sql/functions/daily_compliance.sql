-- A day's figures of a category, once: false if that day has them already. oldest is the moment at
-- which the oldest overdue record fell due.
CREATE OR REPLACE FUNCTION retention.daily_compliance(term bigint, category text, day date,
    due bigint, held bigint, kept bigint, blocked bigint, not_started bigint, unclaimed bigint,
    overdue bigint, oldest timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(daily_compliance.term);
    -- The counter's row is locked first: two calls for one day come one after the other.
    PERFORM FROM retention.entry_counter n WHERE n.type = 'compliance' FOR UPDATE;
    IF EXISTS (SELECT FROM retention.compliance_day d
               WHERE d.category = daily_compliance.category AND d.day = daily_compliance.day) THEN
        RETURN false;
    END IF;
    INSERT INTO retention.compliance_day (category, day, entry)
        VALUES (daily_compliance.category, daily_compliance.day,
            retention.write_entry('compliance', NULL, daily_compliance.category, jsonb_build_object(
                'category', daily_compliance.category,
                'day', to_char(daily_compliance.day, 'YYYY-MM-DD'), 'due', daily_compliance.due,
                'held', daily_compliance.held, 'kept', daily_compliance.kept,
                'blocked', daily_compliance.blocked, 'notstarted', daily_compliance.not_started,
                'unclaimed', daily_compliance.unclaimed, 'overdue', daily_compliance.overdue,
                'oldest', daily_compliance.oldest)));
    RETURN true;
END
$function$;
REVOKE ALL ON FUNCTION retention.daily_compliance(bigint, text, date, bigint, bigint, bigint,
    bigint, bigint, bigint, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.daily_compliance(bigint, text, date, bigint, bigint, bigint,
    bigint, bigint, bigint, bigint, timestamptz) TO @prefix@worker;
