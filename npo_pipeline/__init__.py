"""Computes, pays and accounts for NPO school funding."""
