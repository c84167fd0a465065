"""Registers that workers count apart give what one process gives: counts, refusals, remarks, order and words."""

import pickle
import platform
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import KeptRefusals, NpoError, Refused
from npo_pipeline.intake import registers
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.registers import Asker, CountingJob, count_part, read_registers
from npo_pipeline.workers import HERE, Done, Processes, Workers, attempt
from tests.books.files.layouts import write
from tests.books.files.test_folded import DAY, KNOWN, PO, VO, written_row
from tests.effort import examples

ROW = "P1;01AA;00;Bo;nvt;1;20190801;;J;N"


@dataclass(frozen=True)
class Elsewhere:
    """Two workers on a machine of another name: all that goes to them and comes from them is pickled."""

    machine: str = "node-2"
    count: int = 2
    takes: Callable = lambda jobs: reversed(list(jobs))
    came_back: list[bytes] = field(default_factory=list)

    def map(self, work: Callable, jobs: Iterable, *, name: str) -> Iterator[Done]:
        for job in self.takes(jobs):
            with patch.object(platform, "node", lambda: self.machine):
                done = attempt(work, pickle.loads(pickle.dumps(job)))
            self.came_back.append(pickle.dumps(done))
            done = pickle.loads(self.came_back[-1])
            yield Done(job=job, result=done.result, error=done.error)


@pytest.fixture(autouse=True)
def _workers_count_also_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers, "WORTH_COUNTING", 0)
    monkeypatch.setattr(registers, "WORTH_READING", 0)


def delivery(folder: Path, **files: list[str]) -> list[DeliveredFile]:
    for name, lines in files.items():
        write(folder, f"{name}.csv", "\n".join([VO if name.startswith("vo") else PO, *lines, ""]))
    return recognise_delivery([folder], DAY)


def quietly(name: str, rows: int) -> None:
    """Report nothing."""


def assert_same(one: list[FileResult], other: list[FileResult]) -> None:
    assert [result.file for result in one] == [result.file for result in other]
    for left, right in zip(one, other, strict=True):
        assert (left.rows, left.remarks) == (right.rows, right.remarks)
        assert set(left.spoken) == set(right.spoken)
        assert_frame_equal(left.counts, right.counts)
        assert_frame_equal(left.rejections, right.rejections)


PARTS = st.fixed_dictionaries(
    {name: st.lists(written_row(VO if name == "vo" else PO), min_size=3, max_size=15) for name in ("a", "b", "vo")}
)


@settings(max_examples=examples(6, thorough=300), deadline=None)
@given(PARTS)
def test_parts_of_a_register_count_and_refuse_as_one_after_the_other(parts: dict[str, list[str]]):
    with tempfile.TemporaryDirectory() as folder, patch.object(registers, "WORTH_COUNTING", 0):
        files = delivery(Path(folder), **parts)
        assert_same(outcome(files, Elsewhere()), outcome(files, HERE))


def outcome(files: list[DeliveredFile], workers: Workers) -> list[FileResult]:
    """Return what is counted; a file with a line that is no row is left out, as `npo inspect` does."""
    kept = KeptRefusals()
    results = read_registers(files, KNOWN, quietly, kept, workers)
    assert len(results) + len(kept.found) == len(files)
    return results


PLANTED = {
    "po1": [ROW, "P2;01AA;00;Bo;nvt;1;20190801;;J;N", "P4;01AA;01;So;3;1;20190801;;J;1"],
    "po2": [ROW, "P2;01AB;00;Bo;nvt;1;20190801;;J;N", "P3;01AB;00;Bo;nvt;x;20190801;;J;N"],
    "vo": ["P4;02AA;00;HAVO;3;20190801;;J", "P5;02AA;00;VMBO BL;;20190801;;J"],
}
"""P1 is a copy over two files, P2 counts at two schools, P4 in po and in vo, P3 has a fault."""


def test_processes_of_this_machine_find_the_duplicates_over_all_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(registers, "WORTH_READING", 2**20)  # this process reads again, so others start once
    files = delivery(tmp_path, **PLANTED)
    reported = list[tuple[str, int]]()
    results = read_registers(files, KNOWN, lambda *seen: reported.append(seen), workers=Processes(2))
    assert_same(results, read_registers(files, KNOWN, quietly))
    assert [sorted(one.rejections.select("line", "rule").iter_rows()) for one in results] == [
        [(3, "double_enrolment"), (4, "double_enrolment")],
        [(2, "duplicate_row"), (3, "double_enrolment"), (4, "not_a_number")],
        [(2, "double_enrolment")],
    ]
    assert sorted(reported) == [("po1.csv", 3), ("po2.csv", 3), ("vo.csv", 2)]


def test_a_register_in_a_zip_goes_to_a_worker_as_the_zip_and_its_name_in_it(tmp_path: Path):
    delivery(tmp_path, **PLANTED)
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in PLANTED:
            archive.write(tmp_path / f"{name}.csv", f"{name}.csv")
    files = recognise_delivery([tmp_path / "all.zip"], DAY)
    assert_same(read_registers(files, KNOWN, quietly, workers=Elsewhere()), read_registers(files, KNOWN, quietly))


def test_no_pseudonym_leaves_a_worker(tmp_path: Path):
    secret = "P98765432100000000000"
    files = delivery(tmp_path, po1=[ROW.replace("P1", secret)] * 2, po2=[ROW.replace("P1", secret)])
    workers = Elsewhere()
    results = read_registers(files, KNOWN, quietly, workers=workers)
    assert [one.rejections.height for one in results] == [1, 1]
    assert len(workers.came_back) == 4  # each file counted, and its copies read again
    assert not any(secret.encode() in one for one in workers.came_back)


def test_the_first_file_with_a_fault_ends_it_in_the_same_words_and_inspect_goes_on(tmp_path: Path):
    files = delivery(tmp_path, po1=[ROW], po2=["P1;01AA"], po3=["P1;01AA;00"], po4=[ROW])
    with pytest.raises(Refused) as here:
        read_registers(files, KNOWN, quietly)
    with pytest.raises(Refused) as elsewhere:
        read_registers(files, KNOWN, quietly, workers=Elsewhere())
    assert str(elsewhere.value) == str(here.value)
    assert str(here.value).startswith("po2.csv, line 2: has 2 fields where the header has 10")
    kept = KeptRefusals()
    results = read_registers(files, KNOWN, quietly, kept, Elsewhere())
    assert [name for name, _ in kept.found] == ["po2.csv", "po3.csv"]
    assert [one.file.name for one in results] == ["po1.csv", "po4.csv"]


def test_after_a_refusal_that_ends_it_no_more_is_counted(tmp_path: Path):
    files, workers = delivery(tmp_path, po1=["P1;01AA"], po2=[ROW], po3=[ROW]), Elsewhere(takes=list)
    with pytest.raises(Refused, match=r"^po1\.csv, line 2"):
        read_registers(files, KNOWN, quietly, workers=workers)
    assert len(workers.came_back) == 1


def test_a_file_that_changed_is_refused_by_a_process_of_this_machine_as_ever(tmp_path: Path):
    files = delivery(tmp_path, po1=[ROW], po2=[ROW])
    write(tmp_path, "po2.csv", f"{PO}\n{ROW}\n{ROW}\n")
    with pytest.raises(Refused, match=r"^po2\.csv: changed while it was read; start again when it is complete$"):
        read_registers(files, KNOWN, quietly, workers=Elsewhere(machine=platform.node()))


def test_a_worker_that_reads_other_bytes_is_refused(tmp_path: Path):
    files = delivery(tmp_path, po1=[ROW], po2=[ROW])
    write(tmp_path, "po2.csv", f"{PO}\n{ROW.replace('P1', 'P2')}\n")
    said = r"po2\.csv: a worker on node-2 reads other bytes at /.*po2\.csv \(sha256 [0-9a-f]{12}, not "
    with pytest.raises(Refused, match=said):
        read_registers(files, KNOWN, quietly, workers=Elsewhere())


def test_a_worker_that_cannot_read_the_delivery_is_refused(tmp_path: Path):
    files = delivery(tmp_path, po1=[ROW], po2=[ROW])
    (tmp_path / "po1.csv").unlink()
    said = r"po1\.csv: a worker on node-2 cannot read /.*po1\.csv \(No such file or directory\); put"
    with pytest.raises(Refused, match=said):
        read_registers(files, KNOWN, quietly, workers=Elsewhere())


def test_a_file_that_another_machine_knows_by_another_time_is_the_same_by_its_bytes(tmp_path: Path):
    files = delivery(tmp_path, **PLANTED)
    expected = read_registers(files, KNOWN, quietly)
    for one in tmp_path.iterdir():
        one.touch()
    assert_same(read_registers(files, KNOWN, quietly, workers=Elsewhere()), expected)


def test_a_worker_that_hashes_otherwise_is_refused(tmp_path: Path):
    (file,) = delivery(tmp_path, po=[ROW])
    asker = replace(Asker.here(), machine="node-1", polars="9.9.9", hashes=(1, 2, 3))
    with pytest.raises(Refused, match=rf"hashes with polars {pl.__version__} otherwise than node-1 with 9\.9\.9"):
        count_part(CountingJob(file=file, vestigingen=KNOWN, asker=asker))


def test_a_fault_of_a_worker_names_the_file_it_is_of(tmp_path: Path):
    files = delivery(tmp_path, po1=[ROW], po2=[ROW])
    with patch.object(registers, "count_register", side_effect=ValueError(ROW)), pytest.raises(NpoError) as fault:
        read_registers(files, KNOWN, quietly, workers=Elsewhere())
    assert str(fault.value).startswith("po1.csv: ValueError in ")
    assert "01AA" not in str(fault.value)


def test_few_or_small_registers_are_counted_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files, asked = delivery(tmp_path, **PLANTED), Elsewhere()
    monkeypatch.setattr(registers, "WORTH_COUNTING", 2**20)
    read_registers(files, KNOWN, quietly, workers=asked)
    monkeypatch.setattr(registers, "WORTH_COUNTING", 0)
    read_registers(files[:1], KNOWN, quietly, workers=asked)
    assert asked.came_back == []
