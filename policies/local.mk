# sample policies
