"""The taxonomy package: all its files, and the catalogue by which a reader finds them without a network.

A report package (`.xbri`, Report Packages 1.0) is the same with a filing in it, so that it validates alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from npo_pipeline.reports.xbrl.concepts import BASE, PREFIX, SCHEMA, VERSION
from npo_pipeline.reports.xbrl.taxonomy.formula import formula
from npo_pipeline.reports.xbrl.taxonomy.linkbases import (
    calculation,
    definition,
    document,
    element,
    labels,
    on_lines,
    presentation,
    references,
    root,
)
from npo_pipeline.reports.xbrl.taxonomy.schema import schema

FOLDER = f"npo-taxonomy-{VERSION}"
FILE_NAME = f"{FOLDER}.zip"
_REPORT_PACKAGE = b'{"documentInfo": {"documentType": "https://xbrl.org/report-package/2023/xbri"}}\n'
"""The kind of a report package with one inline report."""

_FIRST_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o644 << 16


@cache
def taxonomy_files() -> dict[str, bytes]:
    """Return every file of the package by its path in the folder of the package."""
    made = {
        ".xsd": schema(),
        "-lab-nl.xml": labels("nl"),
        "-lab-en.xml": labels("en"),
        "-ref.xml": references(),
        "-pre.xml": presentation(),
        "-cal.xml": calculation(),
        "-def.xml": definition(),
        "-for.xml": formula(),
    }
    parts = {f"xbrl/{PREFIX}{end}": content for end, content in made.items()}
    return {"META-INF/catalog.xml": _catalogue(), "META-INF/taxonomyPackage.xml": _description(), **parts}


def write_taxonomy(path: Path) -> None:
    """Write the taxonomy package. It is the same to the byte every time.

    Raises:
        OSError: the file cannot be written.
    """
    write_files(path, taxonomy_files())


def report_package(name: str, page: bytes) -> bytes:
    """Return the report package of a filing: its page in inline XBRL, and the taxonomy that it refers to.

    `name`: of the page, which ends in `.xhtml`; the folder in the package has it too.
    """
    written = BytesIO()
    files = {"META-INF/reportPackage.json": _REPORT_PACKAGE, **taxonomy_files(), f"reports/{name}": page}
    write_files(written, files, folder=name.removesuffix(".xhtml"))
    return written.getvalue()


def write_files(path: Path | BytesIO, files: Mapping[str, bytes], *, folder: str = FOLDER) -> None:
    """Write files as a package, by their path in its folder."""
    with zipfile.ZipFile(path, "w") as package:
        for name, content in files.items():
            # The date and system of a zip entry would be those of the machine that writes it.
            entry = zipfile.ZipInfo(f"{folder}/{name}", _FIRST_OF_ZIP)
            entry.create_system, entry.external_attr = 3, _PLAIN_FILE
            package.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)


def _catalogue() -> bytes:
    rewrite = element("cat:rewriteURI", {"uriStartString": BASE, "rewritePrefix": "../xbrl/"})
    return document(root("cat:catalog", ["cat"], {}, [rewrite]))


def _description() -> bytes:
    start = element(
        "tp:entryPoint",
        {},
        element("tp:name", {}, "Verantwoording NPO"),
        element("tp:entryPointDocument", {"href": SCHEMA}),
    )
    texts = {
        "identifier": BASE,
        "name": "Verantwoording NPO per bevoegd gezag",
        "description": "Samenvatting in een eigen taxonomie; geen aanlevering bij DUO.",
        "version": VERSION,
        "publicationDate": VERSION,
    }
    content = [element(f"tp:{name}", {}, text) for name, text in texts.items()]
    content.append(on_lines(element("tp:entryPoints", {}, on_lines(start, 3)), 2))
    return document(root("tp:taxonomyPackage", ["tp"], {"xml:lang": "nl"}, content))
