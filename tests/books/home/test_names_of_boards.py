"""A board that a list of boards names has its name wherever a person meets it."""

from tests.books.home.npo import here

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
