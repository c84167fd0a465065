"""Write every generated reference page, and the hash of the format of the books that is in the making."""

from tools.reference import FOLDER, PAGES, formats

formats.write()
for name, page in PAGES.items():
    (FOLDER / name).write_text(page(), encoding="utf-8")
