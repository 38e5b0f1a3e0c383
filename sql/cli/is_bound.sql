SELECT retention.is_bound()
