"""tests/weights/families -- canonical (timm) weights -> the dict of names of each family."""
