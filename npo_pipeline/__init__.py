"""Computes, pays and accounts for the school funding of the Nationaal Programma Onderwijs."""

__version__ = "1.0.0"
