"""Child processes on a leash: started, watched, restarted and stopped together."""
