-- The runs that an earlier term left open end as lost; gaps in their numbers are closed.
SELECT o.run, f.logged_batches
  FROM retention.open_runs($1::bigint) AS o,
       LATERAL retention.finish_run($1::bigint, o.run, NULL, NULL, NULL, 'lost',
                                    'its worker ended before it did') AS f
