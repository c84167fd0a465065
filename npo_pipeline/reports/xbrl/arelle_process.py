"""The work inside the process of Arelle: the only module that imports Arelle.

python -m npo_pipeline.reports.xbrl.arelle_process WORK.json ANSWER.json
"""

from __future__ import annotations

import gc
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

_COUNTED = re.compile(r"^Value Assertion va_(\w+) evaluations : (\d+) satisfied, (\d+) not satisfied$")
_QUIET = ("DEBUG", "INFO", "INFO-RESULT", "NOTSET")
_SCRIPT_TAG = re.compile(r'<script\b[^>]*src="[^"]*ixbrlviewer\.js"[^>]*?(?:/>|>\s*</script>)')
_VIEWER_SCRIPT = "ixbrlviewer.js"


def main(work_file: Path, answer_file: Path) -> None:
    """Do the work that a file asks for and write the answer.

    Raises:
        OSError: a file cannot be read or written.
    """
    work = json.loads(work_file.read_text(encoding="utf-8"))
    answers = _validate(work) if work["work"] == "validate" else [_write_viewer(work)]
    answer_file.write_text(json.dumps(answers), encoding="utf-8")


def _validate(work: dict[str, Any]) -> list[dict[str, Any]]:
    """Validate each file in a session of its own: a session keeps state."""
    _prepare()
    return list(map(_validate_file, work["files"]))


def _prepare() -> None:
    """Do once in a process what Arelle does in every session; a third of the time of a check.

    To find one plugin it reads the source of all of them, and after each file it collects garbage among all that
    was ever imported.
    """
    import arelle.api.Session  # noqa: F401  (imported before the freeze)
    from arelle.plugin_system.entry_point_ref import EntryPointRef

    discover = EntryPointRef.discoverAll
    found: list[EntryPointRef] = []

    def discover_once(plugin_manager: Any = None) -> list[EntryPointRef]:
        found[:] = found or discover(plugin_manager)
        return found

    EntryPointRef.discoverAll = staticmethod(discover_once)
    gc.freeze()


def _validate_file(request: dict[str, Any]) -> dict[str, Any]:
    file, by, plugins = request["file"], request["by"], []
    options: dict[str, str | bool] = {}
    if by == "filing_rules":
        plugins.append("validate/NL")
    if request["json_into"]:
        plugins.append("saveLoadableOIM")
        options["saveLoadableOIM"] = str(Path(request["json_into"], f"{Path(file).name}.json"))
    messages = _session(file, request["taxonomy"], by=by, plugins="|".join(plugins), plugin_options=options)
    if not any(one["msg"].startswith("validated in") for one in messages):
        messages.append(_error("notValidated", f"{Path(file).name} could not be read"))
    return _answer(file, messages)


def _session(
    file: str, taxonomy: str | None, *, by: str, plugins: str, plugin_options: dict[str, str | bool]
) -> list[dict[str, Any]]:
    from arelle.api.Session import Session
    from arelle.logging.handlers.StructuredMessageLogHandler import StructuredMessageLogHandler
    from arelle.RuntimeOptions import RuntimeOptions

    own = taxonomy is not None and Path(file) == Path(taxonomy)
    options = RuntimeOptions(
        entrypointFile=file,
        internetConnectivity="offline",
        packages=[taxonomy] if taxonomy else [],
        disablePersistentConfig=True,
        validate=by != "nothing",
        # Without a mode for sums they are not looked at, and nothing says so.
        calcs="c11r",
        utrValidate=True,
        validateDuplicateFacts="inconsistent",
        baseTaxonomyValidationMode="all" if own else "none",
        formulaAction="run" if by == "all" and not own else "none",
        # Each assertion has a message of its own, so none can fail unheard.
        formulaAsserResultCounts=True,
        disclosureSystemName="NT20" if by == "filing_rules" else None,
        validateTableConstraintsSkipLoading=by == "table_constraints",
        plugins=plugins or None,
        pluginOptions=plugin_options,
    )
    handler = StructuredMessageLogHandler()
    with Session() as session:
        session.run(options, logHandler=handler)
    # A run returns True for a file it could not read as well; only its messages say so.
    return [{**one, "msg": str(one["msg"])} for one in handler.messages]


def _answer(file: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    assertions = {}
    for one in messages:
        if found := _COUNTED.match(one["msg"]):
            assertions[found[1]] = (int(found[2]), int(found[3]))
    loud = [
        {"level": one["levelname"], "code": one["messageCode"], "text": one["msg"]}
        for one in messages
        if one["levelname"] not in _QUIET
    ]
    return {"file": Path(file).name, "messages": loud, "assertions": assertions}


def _write_viewer(work: dict[str, Any]) -> dict[str, Any]:
    import iXBRLViewerPlugin

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "viewer.html")
        messages = _session(
            work["page"],
            work["taxonomy"],
            by="nothing",
            plugins="iXBRLViewerPlugin",
            plugin_options={"saveViewerDest": str(made), "viewerNoCopyScript": True, "viewerURL": _VIEWER_SCRIPT},
        )
        if made.exists():
            # Whether the page is valid is another question; a page with errors must be looked at all the more.
            messages = []
            script = Path(iXBRLViewerPlugin.__file__).parent / "viewer" / "dist" / _VIEWER_SCRIPT
            Path(work["out"]).write_text(_in_one_file(made.read_text("utf-8"), script.read_text("utf-8")), "utf-8")
        else:
            messages.append(_error("noViewer", "no viewer came of it"))
    return _answer(work["page"], messages)


def _in_one_file(page: str, script: str) -> str:
    # Inside the page the script has no address of its own, from which it would find its surroundings.
    inside = script.replace("document.currentScript.src", "document.baseURI").replace("</script", "<\\/script")
    return _SCRIPT_TAG.sub(lambda _: f'<script type="text/javascript">{inside}</script>', page, count=1)


def _error(code: str, text: str) -> dict[str, Any]:
    return {"levelname": "ERROR", "messageCode": f"npo:{code}", "msg": text}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
