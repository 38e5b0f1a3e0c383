-- $1 a category, $2 a statement, $3 its parameters: run for a role that may not read held_scope
SELECT r FROM retention.read_as_reader($1::text, $2::text, $3::text[]) r
