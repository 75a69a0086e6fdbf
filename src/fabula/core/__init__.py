"""Values every layer shares: who acts, typed ids, time, errors, paging. No I/O."""
