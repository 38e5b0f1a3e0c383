SELECT retention.close_matter(matter => $1::text, reason => $2::text)
