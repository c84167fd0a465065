"""Searching on the page of the tool, as a person types."""

from __future__ import annotations


def typed(browser, text: str) -> list[str]:
    browser.run("document.getElementById('query').focus(), document.getElementById('query').select()")
    browser.type(text)
    return browser.texts("[role=option]")


def shown_options(browser) -> list[str]:
    return browser.run("[...document.querySelectorAll('[role=option]')].map(one => one.dataset.link)")
