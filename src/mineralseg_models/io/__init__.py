"""Files to value objects and back; every file from outside is checked here."""
