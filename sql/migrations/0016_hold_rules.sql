-- What keeps holds whole: an entry where an approver accepts that a hold does not reach a category,
-- and a note where what holds cover is not what they say. Run as @prefix@owner.

INSERT INTO retention.entry_type (type, place, field, format, words, optional) VALUES
    ('gap', 1, 'hold', 'hex16', NULL, false),
    ('gap', 2, 'category', 'name', NULL, false),
    ('gap', 3, 'by', 'name', NULL, false);

ALTER TABLE retention.category ADD COLUMN scope_problem text;
COMMENT ON COLUMN retention.category.scope_problem IS
    'why nothing of it is deleted: held_scope is not what the holds say; NULL: it is';

-- What statements that look at records read beside the governed tables and held_scope.
GRANT SELECT ON retention.agreement_state, retention.pause TO @prefix@reader;
