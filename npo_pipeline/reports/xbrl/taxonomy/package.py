"""The taxonomy package: all files, with the catalogue by which a reader finds them without a network."""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path

from npo_pipeline.reports.xbrl.concepts import BASE, PREFIX, SCHEMA, VERSION
from npo_pipeline.reports.xbrl.taxonomy.formula import formula
from npo_pipeline.reports.xbrl.taxonomy.linkbases import calculation, definition, file, labels, presentation
from npo_pipeline.reports.xbrl.taxonomy.schema import schema

FOLDER = f"npo-taxonomy-{VERSION}"
FILE_NAME = f"{FOLDER}.zip"
_FIRST_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o644 << 16


@cache
def taxonomy_files() -> dict[str, bytes]:
    """Every file of the package by its path in the folder of the package."""
    made = {
        ".xsd": schema(),
        "-lab-nl.xml": labels("nl"),
        "-lab-en.xml": labels("en"),
        "-pre.xml": presentation(),
        "-cal.xml": calculation(),
        "-def.xml": definition(),
        "-for.xml": formula(),
    }
    parts = {f"xbrl/{PREFIX}{end}": content for end, content in made.items()}
    return {"META-INF/catalog.xml": _catalogue(), "META-INF/taxonomyPackage.xml": _about(), **parts}


def write_taxonomy(path: Path) -> None:
    """Write the taxonomy package. It is the same to the byte every time.

    Raises:
        OSError: the file cannot be written.
    """
    with zipfile.ZipFile(path, "w") as package:
        for name, content in taxonomy_files().items():
            # The date and system of a zip entry would be those of the machine that writes it.
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", _FIRST_OF_ZIP)
            entry.create_system, entry.external_attr = 3, _PLAIN_FILE
            package.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)


def _catalogue() -> bytes:
    return file(
        [
            '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">',
            f'  <rewriteURI uriStartString="{BASE}" rewritePrefix="../xbrl/"/>',
            "</catalog>",
        ]
    )


def _about() -> bytes:
    return file(
        [
            '<tp:taxonomyPackage xmlns:tp="http://xbrl.org/2016/taxonomy-package" xml:lang="nl">',
            f"  <tp:identifier>{BASE}</tp:identifier>",
            "  <tp:name>Verantwoording NPO per bevoegd gezag</tp:name>",
            "  <tp:description>Samenvatting in een eigen taxonomie; geen aanlevering bij DUO.</tp:description>",
            f"  <tp:version>{VERSION}</tp:version>",
            f"  <tp:publicationDate>{VERSION}</tp:publicationDate>",
            "  <tp:entryPoints>",
            "    <tp:entryPoint>",
            "      <tp:name>Verantwoording NPO</tp:name>",
            f'      <tp:entryPointDocument href="{SCHEMA}"/>',
            "    </tp:entryPoint>",
            "  </tp:entryPoints>",
            "</tp:taxonomyPackage>",
        ]
    )
