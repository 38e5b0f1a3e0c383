-- What plan and explain ask besides held records, for people who may not read the tables: since when
-- agreements are known. Run as @prefix@owner.
GRANT SELECT ON retention.category TO @prefix@reader;
