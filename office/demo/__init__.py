"""The demo stores: `goods.toml`, its pictures, and putting them on sale through the services."""
