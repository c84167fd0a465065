"""The entitlements of schools in a school year: quantities times rates, rounded once, and their instalments."""
