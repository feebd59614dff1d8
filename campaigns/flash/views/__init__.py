"""Pages of flash sales."""
