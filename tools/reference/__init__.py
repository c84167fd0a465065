"""The reference pages that are generated from the code: `make reference` writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tools.reference import (
    command_line,
    findings,
    input_files,
    regulations,
    rejection_rules,
    run_image,
    specification,
    tables,
    workbook_checks,
)

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "cli.md": command_line.page,
    "input-files.md": input_files.page,
    "rejection-rules.md": rejection_rules.page,
    "workbook-checks.md": workbook_checks.page,
    "tables.md": tables.page,
    "findings.md": findings.page,
    "regulations.md": regulations.page,
    "spec.md": specification.page,
    "../images/run.svg": run_image.page,
}
