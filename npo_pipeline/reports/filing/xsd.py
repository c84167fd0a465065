"""The schema of a filing, compiled: what any validator would hold against it, in a millisecond per file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from npo_pipeline.reports.filing.arelle import standard_schema
from npo_pipeline.reports.filing.taxonomy.package import taxonomy_files
from npo_pipeline.reports.filing.uris import NAMESPACE, PREFIX, SCHEMA, XBRLDI

if TYPE_CHECKING:
    from lxml import etree

_ENTRY = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="{NAMESPACE}" schemaLocation="{SCHEMA}"/>
<xs:import namespace="{XBRLDI}" schemaLocation="http://www.xbrl.org/2006/xbrldi-2006.xsd"/>
</xs:schema>"""


def safe_parser() -> etree.XMLParser:
    """A parser that fetches nothing, expands nothing, and passes over comments."""
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


@cache
def compiled() -> etree.XMLSchema:
    """The schema of the taxonomy with those of XBRL that it stands on; none is fetched.

    Raises:
        OSError: a schema of XBRL is not there.
    """
    from lxml import etree

    class Kept(etree.Resolver):  # type: ignore[misc]
        """Hands over the text of a schema by its address."""

        def resolve(self, system_url: str, public_id: str, context: object) -> object:
            if system_url == SCHEMA:
                content = taxonomy_files()[f"xbrl/{PREFIX}.xsd"]
            else:
                content = standard_schema(system_url)
            return self.resolve_string(content, context, base_url=system_url)

    parser = safe_parser()
    parser.resolvers.add(Kept())
    return etree.XMLSchema(etree.fromstring(_ENTRY.encode(), parser))
