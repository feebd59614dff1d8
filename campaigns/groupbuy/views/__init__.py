"""Pages of group-buy: the public group page with its fragments, and the two forms."""
