"""Every link in the Markdown leads somewhere; house_style.py looks at those of the notebooks."""

import house_style as style
import pytest

from classroom.workspace import REPOSITORY

PAGES = sorted(
    path
    for pattern in ("*.md", "data/*.md", "notebooks/*.md", ".github/*.md")
    for path in REPOSITORY.glob(pattern)
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_every_link_leads_somewhere(path):
    assert list(style.dead_links(path, path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("[gone](gone.md)", "the link to gone.md leads nowhere"),
        ("[gone](data/README.md#gone)", "data/README.md has no heading for #gone"),
        ("[gone](#gone)", "README.md has no heading for #gone"),
        ("![gone](gone.png)", "the link to gone.png leads nowhere"),
        (
            "[gone](../../actions/workflows/gone.yml)",
            "the link to ../../actions/workflows/gone.yml leads nowhere",
        ),
        ("[there](#commands) [there](data) [there](https://mlflow.org)", None),
    ],
)
def test_a_dead_link_is_noticed(link, fault):
    found = list(style.dead_links(REPOSITORY / "README.md", link))
    assert found == [fault] * (fault is not None)


def test_all_pages_are_looked_at():
    assert {"README.md", "CONTRIBUTING.md", "INSTRUCTOR.md"} <= {path.name for path in PAGES}
