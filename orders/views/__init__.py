"""Pages of a shopper's own orders. Each order is found through its buyer, or not at all."""
