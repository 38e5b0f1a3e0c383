SELECT retention.adopt()
