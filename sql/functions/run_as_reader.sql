-- Runs a statement that only looks, as @prefix@reader, which may read the governed tables and what
-- holds cover, and nothing else: see read_as_reader. A row is a JSON array of its columns' texts.
-- STABLE, so nothing but a query runs. Internal.
CREATE OR REPLACE FUNCTION retention.run_as_reader(statement text, params text[])
RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = off
SET jit = off
AS $function$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT (SELECT json_agg(v.value) FROM json_each_text(row_to_json(q)) v)::text FROM (%s) q',
        statement)
    USING params[1], params[2], params[3], params[4], params[5], params[6], params[7], params[8],
        params[9], params[10], params[11], params[12], params[13], params[14], params[15],
        params[16], params[17], params[18], params[19], params[20], params[21], params[22],
        params[23], params[24], params[25], params[26], params[27], params[28], params[29],
        params[30], params[31], params[32], params[33], params[34], params[35], params[36],
        params[37], params[38], params[39], params[40], params[41], params[42], params[43],
        params[44], params[45], params[46], params[47], params[48], params[49], params[50],
        params[51], params[52], params[53], params[54], params[55], params[56], params[57],
        params[58], params[59], params[60], params[61], params[62], params[63], params[64],
        params[65], params[66], params[67], params[68], params[69], params[70], params[71],
        params[72], params[73], params[74], params[75], params[76], params[77], params[78],
        params[79], params[80], params[81], params[82], params[83], params[84], params[85],
        params[86], params[87], params[88], params[89], params[90], params[91], params[92],
        params[93], params[94], params[95], params[96], params[97], params[98], params[99],
        params[100];
END
$function$;
GRANT CREATE ON SCHEMA retention TO @prefix@reader;
ALTER FUNCTION retention.run_as_reader(text, text[]) OWNER TO @prefix@reader;
REVOKE CREATE ON SCHEMA retention FROM @prefix@reader;
REVOKE ALL ON FUNCTION retention.run_as_reader(text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.run_as_reader(text, text[]) TO @prefix@owner;
