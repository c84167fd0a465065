"""Computes, pays and accounts for the school funding of the Nationaal Programma Onderwijs."""

__version__ = "0.1.0"
