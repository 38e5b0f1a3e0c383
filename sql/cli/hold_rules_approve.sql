SELECT retention.approve_hold_rules()
