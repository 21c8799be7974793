"""Networks, chosen by name from one table; nothing here touches files."""
