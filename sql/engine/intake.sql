-- Whether each category keeps up, for the metrics. NULL: not known.
SELECT i.category, i.work_seconds, i.window_seconds, i.catch_up_seconds,
       CASE i.intake WHEN 'behind' THEN 1 WHEN 'tight' THEN 0 WHEN 'fits' THEN 0 END
  FROM retention.intake AS i
