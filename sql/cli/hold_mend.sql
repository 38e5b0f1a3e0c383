SELECT retention.mend_holds()
