-- The oracle's own idea of moments, written apart from the builder: values are taken to pieces and
-- put together again, boundaries are found by walking over the calendar. Everything is read in the
-- session's time zone. '-infinity' means: there is a value, but it cannot be used.
CREATE SCHEMA oracle;

-- The first day of the next calendar unit after the moment (local time).
CREATE FUNCTION oracle.next_unit(local timestamp, unit text) RETURNS timestamp LANGUAGE plpgsql AS $$
DECLARE
    day date := make_date(extract(year FROM local)::int, 1, 1);
BEGIN
    LOOP
        IF day > local THEN
            RETURN day;
        END IF;
        day := CASE unit
            WHEN 'day' THEN CASE WHEN day + 40 < local THEN day + 30 ELSE day + 1 END
            WHEN 'month' THEN day + interval '1 month'
            WHEN 'quarter' THEN day + interval '3 months'
            WHEN 'year' THEN day + interval '12 months' END;
    END LOOP;
END $$;

CREATE FUNCTION oracle.usable(local timestamp, not_before timestamptz) RETURNS boolean LANGUAGE sql AS $$
    SELECT isfinite(local) AND extract(year FROM local) BETWEEN 1 AND 9999 AND local::timestamptz >= not_before
$$;

CREATE FUNCTION oracle.leaf(v timestamptz, not_before timestamptz, unit text) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    IF v IS NULL THEN RETURN NULL; END IF;
    IF NOT isfinite(v) OR v >= '10000-01-01 00:00:00+00' OR v < not_before THEN RETURN '-infinity'; END IF;
    IF unit IS NULL THEN RETURN v; END IF;
    RETURN oracle.next_unit(v::timestamp, unit)::timestamptz;
END $$;

CREATE FUNCTION oracle.leaf(v timestamp, not_before timestamptz, unit text) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    IF v IS NULL THEN RETURN NULL; END IF;
    IF NOT oracle.usable(v, not_before) THEN RETURN '-infinity'; END IF;
    IF unit IS NULL THEN RETURN v::timestamptz; END IF;
    RETURN oracle.next_unit(v, unit)::timestamptz;
END $$;

CREATE FUNCTION oracle.leaf(v date, not_before timestamptz, unit text) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    IF v IS NULL THEN RETURN NULL; END IF;
    IF v >= '10000-01-01' THEN RETURN '-infinity'; END IF;
    IF NOT oracle.usable(v::timestamp, not_before) THEN RETURN '-infinity'; END IF;
    -- the end of the day, or of the unit in which the day lies
    RETURN oracle.next_unit(v::timestamp, coalesce(unit, 'day'))::timestamptz;
END $$;

CREATE FUNCTION oracle.leaf_epoch(v numeric, per_second numeric, not_before timestamptz, unit text) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    whole numeric;
BEGIN
    IF v IS NULL THEN RETURN NULL; END IF;
    IF v = 'NaN' OR abs(v) > 253402300799 * per_second THEN RETURN '-infinity'; END IF;
    whole := floor(v / per_second);
    RETURN oracle.leaf('1970-01-01 00:00:00+00'::timestamptz + whole * interval '1 second'
                       + (v / per_second - whole) * interval '1 second', not_before, unit);
END $$;

CREATE FUNCTION oracle.leaf_text(v text, not_before timestamptz, unit text) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    m text[];
    day date;
    local timestamp;
BEGIN
    IF v IS NULL THEN RETURN NULL; END IF;
    m := regexp_match(v, '^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(Z|[+-]\d\d(?::\d\d)?)?)?$');
    IF m IS NULL THEN RETURN '-infinity'; END IF;
    BEGIN
        day := make_date(m[1]::int, m[2]::int, m[3]::int);
        IF m[4] IS NULL THEN
            RETURN oracle.leaf(day, not_before, unit);
        END IF;
        local := day + make_interval(hours => m[4]::int, mins => m[5]::int, secs => coalesce(m[6], '0')::float8);
        IF m[4]::int > 23 OR m[5]::int > 59 THEN RETURN '-infinity'; END IF;
    EXCEPTION WHEN OTHERS THEN
        RETURN '-infinity';
    END;
    IF m[7] IS NULL THEN
        RETURN oracle.leaf(local, not_before, unit)
            /* a zoneless text has a moment of its own, unlike a zoneless column when it is rounded */;
    ELSIF m[7] = 'Z' THEN
        RETURN oracle.leaf(local AT TIME ZONE 'UTC', not_before, unit);
    END IF;
    RETURN oracle.leaf((local - m[7]::interval) AT TIME ZONE 'UTC', not_before, unit);
END $$;

-- The latest or earliest of several values; NULL: nothing to go by. kind: latest | earliest.
CREATE FUNCTION oracle.pick(parts timestamptz[], kind text, forgive_nulls boolean) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    part timestamptz;
    best timestamptz;
BEGIN
    FOREACH part IN ARRAY parts LOOP
        IF part = '-infinity' THEN RETURN '-infinity'; END IF;
        IF part IS NULL THEN
            IF NOT forgive_nulls THEN RETURN NULL; END IF;
            CONTINUE;
        END IF;
        IF best IS NULL OR (kind = 'latest' AND part > best) OR (kind = 'earliest' AND part < best) THEN
            best := part;
        END IF;
    END LOOP;
    RETURN best;
END $$;

CREATE FUNCTION oracle.known(v timestamptz) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT CASE WHEN v > '-infinity' THEN v END
$$;

-- A value of an agreements table for one start: NULL is the stage's, outside [shortest, longest] is longest.
CREATE FUNCTION oracle.agreed(start timestamptz, v interval, after interval, shortest interval, longest interval) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    IF v IS NULL THEN RETURN start + after; END IF;
    IF v < interval '0' OR v > interval '900 years' THEN RETURN start + longest; END IF;
    IF start + v < start + shortest OR start + v > start + longest THEN RETURN start + longest; END IF;
    RETURN start + v;
END $$;
