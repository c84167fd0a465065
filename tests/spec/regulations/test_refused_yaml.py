"""What is wrong with a regulation file before a word of it is understood: bytes, YAML, tricks."""

import os
import random
import re
import time

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.load import load_file, parse_rules
from npo_pipeline.rulebook.yaml_document import MAX_BYTES

EUR = "currency: EUR"

YAML = {
    "key twice": (EUR, f"{EUR}\n>>>sector: po", "`sector` stands here again, first in line 12; keep one"),
    "anchor": (EUR, ">>>currency: &e EUR", "holds an anchor or alias"),
    "alias": (EUR, ">>>currency: *e", "holds an anchor or alias"),
    "anchor on a list": ("[bao]", ">>>&b [bao]", "holds an anchor or alias"),
    "tag that runs code": (EUR, ">>>currency: !!python/object/apply:os.system [ls]", "holds a tag"),
    "harmless tag": (EUR, ">>>currency: !!str EUR", "holds a tag"),
    "own tag": (EUR, ">>>currency: !x EUR", "holds a tag"),
    "merge key": (EUR, f"{EUR}\n>>><<: {{sector: vo}}", "<<: is no key known here"),
    "tab": ("  value: 2020-10-01", ">>>\tvalue: 2020-10-01", "is no YAML"),
    "colon in a text": ("note: A choice", ">>>note: A choice: one", "goes between quotes"),
    "control character": (EUR, ">>>currency: E\x01UR", "a control character stands here"),
    "NUL": (EUR, ">>>currency: E\0UR", "a control character stands here"),
    "second document": (EUR, f"{EUR}\n>>>---\ntitle: x", "a second document starts here"),
    "list as a key": (EUR, f"{EUR}\n>>>? [a, b]\n: c", "a key must be text"),
    "nested without end": (EUR, f">>>currency: {'[' * 500}", "is nested deeper than 20 levels"),
    "lone surrogate": (EUR, ">>>currency: E\ud800UR", "byte 0xED is not UTF-8"),
}

BYTES = {
    "empty": (b"", r"x.yaml: is empty"),
    "nothing but remarks": (b"# title: x\n\n", r"x.yaml: is empty"),
    "text": (b"\njust words\n", r"x.yaml, line 2: is no mapping"),
    "a list": (b"- title: x\n", r"x.yaml, line 1: is no mapping"),
    "windows-1252": (b"title: x\nwhere: caf\xe9\n", r"x.yaml, line 2: byte 0xE9 is not UTF-8"),
    "UTF-16": ("title: x\n".encode("utf-16"), r"x.yaml, line 1: byte 0xFF is not UTF-8"),
    "a zip": (b"PK\x03\x04\n\n", r"x.yaml, line 1: is no YAML: a control character"),
    "too large": (b"#" * (MAX_BYTES + 1), r"x.yaml: is larger than 1 MiB"),
    "quote left open": (b"title: 'x\n\nsector: po\n", r"x.yaml, line \d: is no YAML"),
}

LARGE = {
    "open lists": b"[" * MAX_BYTES,
    "open mappings": b"{" * MAX_BYTES,
    "dashes": b"- " * (MAX_BYTES // 2),
    "question marks": b"? " * (MAX_BYTES // 2),
    "one key": b"a" * MAX_BYTES,
    "many keys": b"".join(b"k%d: 1\n" % number for number in range(70_000)),
    "many items": b"title: [" + b"1," * (MAX_BYTES // 2 - 10) + b"]",
    "laughs": b"a: &a [x,x]\n" + b"".join(b"b%d: [*a,*a]\n" % number for number in range(1_000)),
}


@pytest.mark.parametrize("case", YAML.values(), ids=YAML.keys())
def test_yaml_that_is_not_allowed(refused, case):
    refused(*case)


@pytest.mark.parametrize(("raw", "words"), BYTES.values(), ids=BYTES.keys())
def test_bytes_that_are_no_regulation_file(tmp_path, raw, words):
    path = tmp_path / "x.yaml"
    path.write_bytes(raw)
    with pytest.raises(Refused, match=words):
        load_file(path)


@pytest.mark.parametrize("raw", LARGE.values(), ids=LARGE.keys())
def test_a_large_file_is_refused_soon_and_in_few_words(tmp_path, raw):
    path = tmp_path / "x.yaml"
    path.write_bytes(raw[:MAX_BYTES])
    start = time.perf_counter()
    with pytest.raises(Refused) as refusal:
        load_file(path)
    assert len(str(refusal.value)) < 400
    assert time.perf_counter() - start < 2


def test_paths_that_cannot_be_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, words in (("gone.yaml", "no such file"), (".", "no ordinary file"), ("pipe", "no ordinary file")):
        with pytest.raises(Refused, match=words):
            load_file(tmp_path / path)


def test_line_ends_and_a_byte_order_mark_make_no_difference(tmp_path, text):
    plain = parse_rules(text, "x.yaml")
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    loaded = load_file(path)
    assert loaded.regulation == plain.regulation
    assert loaded.texts[0].text.encode() == path.read_bytes()
    assert loaded.sha256 != plain.sha256


def test_whatever_is_done_to_a_file_it_is_read_or_refused_in_one_line(text):
    chance = random.Random(2021)
    for _ in range(300):
        at, length = chance.randrange(len(text)), chance.choice([0, 1, 2, 30])
        put = chance.choice(
            ["", ":", "-", '"', "'", "[", "{", "&a ", "*a", "!", "\t", "\n", "\n  ", "%", "#", "null", "9"]
        )
        assert re.fullmatch(r"x\.yaml(, line \d+: .+)?", read_or_refused(text[:at] + put + text[at + length :]))


def read_or_refused(text):
    try:
        return parse_rules(text, "x.yaml").name
    except Refused as refusal:
        return str(refusal)
