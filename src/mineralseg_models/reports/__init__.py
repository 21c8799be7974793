"""Pictures for readers: overlays and figures."""
