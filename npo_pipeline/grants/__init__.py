"""Subsidies on application: what is granted, reduced or refused, and why. This program does not pay them."""
