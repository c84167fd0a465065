"""A board that a list of boards names has its name wherever a person meets it, and a home has its house style."""

import shutil

from tests.books.home.npo import checking, here

NAME = "Stichting De Linde"


def test_a_board_has_its_name_in_explanation_informatietool_and_report(story, tmp_path):
    home = story.at("whole")
    said = here("explain", "01AA00", "--school-year", "2021-2022", "--home", home).stdout
    assert f"Bevoegd gezag in dit besluit: bestuur 10001, {NAME}" in said
    assert f"van bestuur 10001, {NAME}" in here("explain", "10001", "--home", home).stdout.splitlines()[0]
    here("tool", "--school-year", "2021-2022", "--out", tmp_path, "--home", home)
    (tool,) = tmp_path.glob("*.html")
    assert f'"title":["{NAME}"' in tool.read_text("utf-8")
    (page,) = (home / "reports" / "2021" / "10001").glob("*.*html")
    assert f'<p class="whom">{NAME}</p>' in page.read_text("utf-8")


def test_the_house_style_of_a_home_is_in_its_reports_and_a_wrong_one_keeps_nobody_from_verifying(story, tmp_path):
    home = shutil.copytree(story.at("whole"), tmp_path / "home")
    style = home / "house-style.css"
    style.write_text("--npo-color-brand: #5b2c83;")
    here("tool", "--school-year", "2021-2022", "--out", tmp_path, "--home", home)
    (tool,) = tmp_path.glob("*.html")
    assert "--npo-color-brand:#5b2c83;" in tool.read_text("utf-8")
    with checking():
        said = here("verify", "--home", home).stdout
    assert "reports of 2021" in said  # they were written in another style
    style.write_text("--npo-color-brand: url(https://evil.example);")
    refused = here("tool", "--school-year", "2021-2022", "--out", tmp_path, "--home", home, "--json")
    assert refused.status == 3
    assert "house-style.css, line 1: --npo-color-brand is a colour: write it as #rrggbb" in refused.stderr
    with checking():
        assert here("verify", "--home", home).status == 0
