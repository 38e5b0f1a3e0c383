-- What the transformations of a run that de-identifies leave of a person: an entry beside `plan`. Run
-- as @prefix@owner.
INSERT INTO retention.entry_type (type, place, field, format, words, optional) VALUES
    ('transform', 1, 'run', 'hex16', NULL, false),
    ('transform', 2, 'category', 'name', NULL, false),
    ('transform', 3, 'stage', 'name', NULL, false),
    ('transform', 4, 'columns', 'number', NULL, false),
    ('transform', 5, 'classes', 'text', NULL, false);
