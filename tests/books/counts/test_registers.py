"""Pupil registers: who counts on the reference date, and rows that are refused because of another row."""

from datetime import date
from pathlib import Path

import polars as pl

from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.delivery.validate import with_messages
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.read_delivery import read_delivery
from tests.books.files.layouts import write
from tests.reading import rows

DAY = date(2020, 10, 1)
PO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;CLUSTER;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD;CUMI"
VO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;ONDERWIJSTYPE;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD"
KNOWN = pl.Series(["01AA00", "01AA01", "01AB00", "02AA00"])


def taken(folder: Path, **files: str) -> dict[str, FileResult]:
    """Take in a delivery of registers; the rows of each are written without the spaces they have here."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        lines = [";".join(map(str.strip, line.split(";"))) for line in text.strip().splitlines()]
        write(folder, f"{name}.csv", "\n".join([VO if name.startswith("vo") else PO, *lines]))
    return {
        one.file.name[:-4]: one for one in read_delivery(recognise_delivery([folder], DAY), KNOWN, lambda *_: None)
    }


def pupils(one: FileResult) -> dict[tuple, int]:
    return {(v, t, c): n for v, t, c, n in rows(one.counts, "vestiging", "school_type", "cluster", "pupils")}


def refused(one: FileResult) -> list[tuple]:
    return sorted(rows(one.rejections, "line", "rule"))


def messages(one: FileResult) -> list[str]:
    return with_messages(one.rejections.sort("line"))["message"].to_list()


def test_a_row_counts_from_its_entry_up_to_the_day_before_it_leaves(tmp_path: Path):
    found = taken(
        tmp_path,
        po="""
            P1;01AA;00;Bo;nvt;1;20201001;        ;J;N
            P2;01AA;00;Bo;nvt;1;20200930;20201002;J;N
            P3;01AA;00;Bo;nvt;1;20201002;        ;J;N
            P4;01AA;00;Bo;nvt;1;20190801;20201001;J;N
            P5;01AA;00;Bo;nvt;1;20190801;        ;N;N
            P6;01AA;00;Bo;nvt;1;20201001;20201001;J;N
        """,
    )
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 2}  # P1 and P2
    assert found["po"].rows == 6
    assert found["po"].rejected == 0


def test_who_moves_on_the_reference_date_counts_at_the_new_school_alone(tmp_path: Path):
    found = taken(
        tmp_path,
        po="""
            P1;01AA;00;Bo;nvt;1;20190801;20201001;J;N
            P1;01AB;00;Bo;nvt;1;20201001;        ;J;N
        """,
    )
    assert pupils(found["po"]) == {("01AB00", "bao", "nvt"): 1}
    assert refused(found["po"]) == []


def test_dates_with_dashes_are_compared_as_dates(tmp_path: Path):
    found = taken(tmp_path, po="P1;01AA;00;Bo;nvt;1;2019-08-01;2020-10-02;J;N\nP2;01AA;00;Bo;nvt;1;20201002;;J;N")
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 1}


def test_pupils_and_cumi_pupils_per_vestiging_school_type_and_cluster(tmp_path: Path):
    found = taken(
        tmp_path,
        po="""
            P1;01AA;00;So ;3/4;1;20190801;;J;J
            P2;01AA;00;So ;2  ;1;20190801;;J;1
            P3;01AA;00;Vso;3/4;1;20190801;;J;N
            P4;01AA;01;Vso;3/4;1;20190801;;J;0
            P5;01AA;00;Vso;3/4;1;20190801;;J;
            P6;01AA;00;Sbo;   ;1;20190801;;J;J
            P7;01AA;00;So ;2  ;1;20190801;;N;J
        """,
    )
    counted = rows(found["po"].counts, "vestiging", "school_type", "cluster", "pupils", "cumi_pupils")
    assert sorted(counted, key=str) == [
        ("01AA00", "sbo", None, 1, 1),
        ("01AA00", "so", "2", 1, 1),
        ("01AA00", "so", "3/4", 1, 1),
        ("01AA00", "vso", "3/4", 2, 0),
        ("01AA01", "vso", "3/4", 1, 0),
    ]


def test_a_vestigingsnummer_of_six_characters_is_the_same_school(tmp_path: Path):
    found = taken(tmp_path, po="P1;01AA;00;Bo;nvt;1;20190801;;J;N\nP2;01AA;01AA00;Bo;nvt;1;20190801;;J;N")
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 2}


def test_vo_pupils_of_the_surcharged_types_and_years(tmp_path: Path):
    found = taken(
        tmp_path,
        vo="""
            P1;02AA;00;Praktijkonderwijs     ;1 ;20190801;;J
            P2;02AA;00;VMBO BL               ;3 ;20190801;;J
            P3;02AA;00;VMBO KL               ;04;20190801;;J
            P4;02AA;00;VMBO BL lj 3-4        ;4 ;20190801;;J
            P5;02AA;00;VMBO BL               ;2 ;20190801;;J
            P6;02AA;00;VMBO TL               ;3 ;20190801;;J
            P7;02AA;00;VMBO KL               ;  ;20190801;;J
            P8;02AA;00;HAVO                  ;3 ;20190801;;J
            P9;02AA;00;VMBO uitbest. aan VAVO;4 ;20190801;;J
        """,
    )
    assert pupils(found["vo"]) == {("02AA00", "vo", None): 5, ("02AA00", "vo_pro_vbo", None): 4}
    assert found["vo"].counts["cumi_pupils"].null_count() == 2


def test_a_type_says_the_years_where_the_column_does_not_and_what_it_counts_as_is_said(tmp_path: Path):
    found = taken(
        tmp_path,
        vo="""
            P1;02AA;00;VMBO BL lj 3-4        ;  ;20190801;;J
            P2;02AA;00;VMBO KL 4             ;  ;20190801;;J
            P3;02AA;00;VMBO BL lj 1-2        ;  ;20190801;;J
            P4;02AA;00;VMBO KL               ;  ;20190801;;J
            P5;02AA;00;VMBO BL lj 3-4        ;1 ;20190801;;J
            P6;02AA;00;HAVO                  ;  ;20190801;;J
            P7;02AA;00;VMBO BL lj 3-4        ;3 ;20190801;;J
        """,
    )
    assert pupils(found["vo"]) == {("02AA00", "vo", None): 4, ("02AA00", "vo_pro_vbo", None): 3}
    (name,) = {one.partition(":")[0] for one in found["vo"].remarks}
    assert found["vo"].remarks == (
        f"{name}: 1 pupils of VMBO BL lj 1-2 have no LEERJAAR: they count as vo",
        f"{name}: 1 pupils of VMBO BL lj 3-4 have no LEERJAAR: they count as vo_pro_vbo",
        f"{name}: 1 pupils of VMBO BL lj 3-4 have LEERJAAR 1: they count as vo",
        f"{name}: 1 pupils of VMBO KL have no LEERJAAR: they count as vo",
        f"{name}: 1 pupils of VMBO KL 4 have no LEERJAAR: they count as vo_pro_vbo",
    )


def test_a_school_without_a_board_is_refused_and_its_pupils_do_not_count(tmp_path: Path):
    found = taken(tmp_path, po="P1;09ZZ;00;Bo;nvt;1;20190801;;J;N\nP2;01AA;00;Bo;nvt;1;20190801;;J;N")
    assert refused(found["po"]) == [(2, "unknown_school")]
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 1}
    assert messages(found["po"])[0].startswith("no board is known for 09ZZ00; ")


def test_of_exact_copies_the_first_stays(tmp_path: Path):
    one = "P1;01AA;00;So;2;1;20190801;;J;J\n"
    found = taken(tmp_path, po=one + "P2;01AA;00;So;2;1;20190801;;J;N\n" + one * 2)
    assert refused(found["po"]) == [(4, "duplicate_row"), (5, "duplicate_row")]
    assert rows(found["po"].counts, "vestiging", "pupils", "cumi_pupils") == [("01AA00", 2, 1)]
    assert messages(found["po"]) == ["is an exact copy of line 2; the first one stays"] * 2


def test_an_exact_copy_in_another_part_of_the_register_is_a_copy_too(tmp_path: Path):
    one, other = "P1;01AA;00;Bo;nvt;1;20190801;;J;N\n", "P2;01AA;00;Bo;nvt;1;20190801;;J;N\n"
    found = taken(tmp_path, po1=one, po2=other + one)
    assert refused(found["po1"]) == []
    assert refused(found["po2"]) == [(3, "duplicate_row")]
    assert messages(found["po2"]) == ["is an exact copy of line 2 of po1.csv; the first one stays"]
    assert pupils(found["po1"]) == pupils(found["po2"]) == {("01AA00", "bao", "nvt"): 1}


def test_a_copy_in_another_part_is_one_also_where_the_row_does_not_count(tmp_path: Path):
    gone = "P1;01AA;00;Bo;nvt;1;20190801;20200101;J;N\n"
    found = taken(tmp_path, po1=gone, po2=gone)
    assert refused(found["po1"]) == []
    assert refused(found["po2"]) == [(2, "duplicate_row")]


def test_a_place_where_a_pupil_does_not_count_is_no_part_of_a_double(tmp_path: Path):
    gone = "P1;02AA;00;Bo;nvt;1;20190801;20200101;J;N\n"
    found = taken(
        tmp_path,
        po=gone * 2 + "P1;01AA;00;Bo;nvt;1;20200101;;J;N\nP1;01AB;00;Bo;nvt;1;20200101;;J;N\n",
    )
    assert refused(found["po"]) == [(3, "duplicate_row"), (4, "double_enrolment"), (5, "double_enrolment")]


def test_a_copy_of_a_row_that_does_not_count_takes_nothing_off(tmp_path: Path):
    gone = "P1;01AA;00;Bo;nvt;1;20190801;20200101;J;N\n"
    found = taken(tmp_path, po=gone * 2 + "P2;01AA;00;Bo;nvt;1;20190801;;J;N\n")
    assert refused(found["po"]) == [(3, "duplicate_row")]
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 1}


def test_a_copy_of_a_refused_row_has_both_faults(tmp_path: Path):
    wrong = "P1;01AA;00;Xo;nvt;1;20190801;;J;N\n"
    found = taken(tmp_path, po=wrong * 2 + "P2;01AA;00;Bo;nvt;1;20190801;;J;N\n")
    assert refused(found["po"]) == [(2, "unknown_code"), (3, "duplicate_row"), (3, "unknown_code")]
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 1}


def test_a_pupil_who_counts_at_two_places_counts_at_none(tmp_path: Path):
    found = taken(
        tmp_path,
        po="""
            P1;01AA;00;Bo ;nvt;1;20190801;;J;N
            P2;01AA;00;Bo ;nvt;1;20190801;;J;N
            P1;01AB;00;Sbo;nvt;1;20200801;;J;J
        """,
    )
    assert refused(found["po"]) == [(2, "double_enrolment"), (4, "double_enrolment")]
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 1}
    assert messages(found["po"]) == [
        "the pupil also counts on line 4 of po.csv; none of them counts until one is ended",
        "the pupil also counts on line 2 of po.csv; none of them counts until one is ended",
    ]


def test_twice_at_one_vestiging_is_double_too(tmp_path: Path):
    found = taken(tmp_path, po="P1;01AA;00;So;2;1;20190801;;J;N\nP1;01AA;00;Vso;2;1;20190801;;J;N")
    assert refused(found["po"]) == [(2, "double_enrolment"), (3, "double_enrolment")]
    assert pupils(found["po"]) == {}


def test_double_in_two_parts_of_the_register_and_in_po_and_vo(tmp_path: Path):
    found = taken(
        tmp_path,
        po1="P1;01AA;00;Bo;nvt;1;20190801;;J;N\nP2;01AA;00;Bo;nvt;8;20190801;;J;N",
        po2="P1;01AB;00;Bo;nvt;1;20190801;;J;N\nP3;01AB;00;Bo;nvt;1;20190801;;J;N",
        vo="P2;02AA;00;HAVO;1;20200801;;J\nP4;02AA;00;HAVO;1;20200801;;J",
    )
    assert refused(found["po1"]) == [(2, "double_enrolment"), (3, "double_enrolment")]
    assert refused(found["po2"]) == [(2, "double_enrolment")]
    assert refused(found["vo"]) == [(2, "double_enrolment")]
    assert "line 2 of vo.csv" in messages(found["po1"])[1]
    assert [pupils(found[name]) for name in ("po1", "po2", "vo")] == [
        {},
        {("01AB00", "bao", "nvt"): 1},
        {("02AA00", "vo", None): 1},
    ]


def test_three_enrolments_name_each_other(tmp_path: Path):
    found = taken(
        tmp_path, po="\n".join(f"P1;{brin};00;Bo;nvt;1;20190801;;J;N" for brin in ("01AA", "01AB", "02AA"))
    )
    assert refused(found["po"]) == [(line, "double_enrolment") for line in (2, 3, 4)]
    assert messages(found["po"])[1].startswith("the pupil also counts on line 2 of po.csv, line 4 of po.csv; ")
    assert pupils(found["po"]) == {}


def test_two_places_of_which_one_does_not_count_are_no_double(tmp_path: Path):
    found = taken(
        tmp_path,
        po="""
            P1;01AA;00;Bo;nvt;1;20190801;        ;J;N
            P1;01AB;00;Bo;nvt;1;20190801;        ;N;N
            P2;01AA;00;Bo;nvt;1;20190801;20200901;J;N
            P2;01AB;00;Bo;nvt;1;20200901;        ;J;N
            P3;01AA;00;Bo;nvt;1;20190801;        ;J;N
            P3;01AB;00;Bo;nvt;1;20201101;        ;J;N
        """,
    )
    assert refused(found["po"]) == []
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 2, ("01AB00", "bao", "nvt"): 1}


def test_a_row_that_is_refused_itself_makes_no_double(tmp_path: Path):
    found = taken(
        tmp_path,
        po="""
            P1;01AA;00;Bo;nvt;1;20190801;;J;N
            P1;01AB;00;Bo;nvt;x;20190801;;J;N
            P2;01AA;00;Bo;nvt;1;20190801;;J;N
            P2;09ZZ;00;Bo;nvt;1;20190801;;J;N
        """,
    )
    assert refused(found["po"]) == [(3, "not_a_number"), (5, "unknown_school")]
    assert pupils(found["po"]) == {("01AA00", "bao", "nvt"): 2}


def test_a_copy_and_a_double_of_one_pupil(tmp_path: Path):
    one = "P1;01AA;00;Bo;nvt;1;20190801;;J;N\n"
    found = taken(tmp_path, po=one * 2 + "P1;01AB;00;Bo;nvt;1;20190801;;J;N\n")
    assert refused(found["po"]) == [(2, "double_enrolment"), (3, "duplicate_row"), (4, "double_enrolment")]
    assert pupils(found["po"]) == {}


def test_the_counts_do_not_depend_on_where_a_block_ends(tmp_path: Path, monkeypatch):
    text = "\n".join(f"P{n % 90};01A{'AB'[n % 2]};00;Bo;nvt;1;20190801;;J;N" for n in range(100))
    whole = taken(tmp_path / "a", po=text)["po"]
    monkeypatch.setattr("npo_pipeline.delivery.csv_reader.BLOCK", 200)
    parts = taken(tmp_path / "b", po=text)["po"]
    assert parts.counts.equals(whole.counts)
    assert refused(parts) == refused(whole)
    assert len(refused(whole)) == 10
