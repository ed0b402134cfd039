"""Who may do what: every route and every socket command, for every kind of person."""
