"""Programs around the package, which are not shipped with it."""
