"""Pages of bargains."""
