"""The written guide holds the whole course, loses no link, and asks nothing of the network."""

import contextlib
import functools
import posixpath
import re
import shutil
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

import pytest

from classroom.workspace import REPOSITORY, appendices, lessons
from conftest import skip_module_without_guide, skip_without_browser
from tools.notebooks import as_read
from tools.screenshots import browser_page

skip_module_without_guide()

import docx  # noqa: E402
from bs4 import BeautifulSoup  # noqa: E402
from docx.oxml.ns import qn  # noqa: E402

from tools import guide as maker  # noqa: E402

LESSONS = lessons() + appendices()
FAULTS = pytest.raises(SystemExit, match="faults in the guide")
VERDICT = r"Exercise \d+\.\d: "  # what a check says
pytestmark = pytest.mark.filterwarnings("ignore:.*MystReferenceResolver.app")  # for Sphinx 11
HOME = "ada/course"  # a repository


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    """The guide as the site of a repository, built once, with what its workflow puts beside it."""
    folder = tmp_path_factory.mktemp("guide") / "guide"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUIDE_REPOSITORY", HOME)
        maker.build(folder)
    shutil.copy(folder / "Guide.docx", folder / "html")
    (folder / "html" / "slides").mkdir()
    (folder / "html" / "slides" / "index.html").write_text("<p>slides</p>", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def html(guide):
    """Every page, by its path."""
    folder = guide / "html"
    return {
        path.relative_to(folder).as_posix(): parsed(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.html")
    }


def parsed(text):
    return BeautifulSoup(text, "html.parser")


@pytest.fixture(scope="module")
def word(guide):
    return docx.Document(str(guide / "Guide.docx"))


@pytest.fixture(scope="module")
def files(guide, html):
    """Every file of the pages, by its path: the anchors that it has, and none for its top."""
    folder = guide / "html"
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    anchors = {page: {tag["id"] for tag in soup.select("[id]")} for page, soup in html.items()}
    return {path: {""} | anchors.get(path, set()) for path in paths}


def page_of(path):
    return path.relative_to(REPOSITORY).with_suffix(".html").as_posix()


def cells(lesson, kind="code"):
    return [cell for cell in as_read(lesson).cells if cell.cell_type == kind]


def pictures(lesson):
    """Count the pictures of a lesson: those that its cells drew, and those that its text shows."""
    outputs = [output for cell in cells(lesson) for output in cell.outputs]
    text = "".join(cell.source for cell in cells(lesson, "markdown"))
    return sum("image/png" in output.get("data", {}) for output in outputs) + text.count("![")


def html_faults(page, soup, files):
    """Return each link of a page that leads nowhere, and each thing that another machine has."""
    faults = []
    for tag in soup.select("[src], link[href], a[href]"):
        target = unquote(tag.get("src") or tag["href"])
        if target.startswith("data:") or tag.name == "a" and re.match("https?:", target):
            continue
        file, _, anchor = target.partition("#")
        file = file.partition("?")[0]
        place = posixpath.join(posixpath.dirname(page), file) if file else page
        if anchor not in files.get(posixpath.normpath(place), set()):
            faults.append(target)
    return faults


def test_every_link_of_the_pages_leads_somewhere_on_this_machine(html, files):
    assert len(html) > len(LESSONS) + 3
    faults = {page: html_faults(page, soup, files) for page, soup in html.items()}
    assert faults == dict.fromkeys(html, [])


@pytest.mark.parametrize(
    "spoiled",
    [
        '<a href="notebooks/99_gone.html">',
        '<a href="data/README.html#gone">',
        '<a href="#gone">',
        '<img src="_images/gone.png">',
        '<script src="https://cdn.example/reveal.js">',
        '<link href="//fonts.example/a.css">',
    ],
)
def test_a_link_that_leads_nowhere_or_away_is_noticed(files, spoiled):
    assert len(html_faults("index.html", parsed(spoiled), files)) == 1


def test_the_styles_and_scripts_fetch_nothing(guide):
    for path in [*guide.rglob("*.css"), *guide.rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", text), path


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_page_holds_its_lesson_whole_but_for_the_answers(html, lesson):
    page = html[page_of(lesson)].article
    shown = [cell.get_text().strip() for cell in page.select(".cell_input pre")]
    assert shown == [cell.source.strip() for cell in cells(lesson)]
    assert len(page.select("img")) == pictures(lesson)
    assert all(len(picture["alt"].split()) > 3 for picture in page.select("img"))
    printed = [tag.get_text() for tag in page.select(".output:is(.stream, .stderr) pre")]
    streams = [o.text for c in cells(lesson) for o in c.outputs if o.output_type == "stream"]
    # Without spaces: what a cell prints need not end with a new line.
    assert "".join("".join(printed).split()) == "".join("".join(streams).split())
    assert page.h1.get_text().startswith(f"{lesson.name.partition('_')[0]} ")
    tasks = [h.get_text() for h in page.select("h3") if h.get_text().startswith("Exercise")]
    assert bool(tasks) == (lesson in lessons())
    assert not re.search(VERDICT, page.get_text())


def test_each_page_of_the_site_can_be_opened_elsewhere(guide, html):
    for lesson in LESSONS:
        page, path = page_of(lesson), lesson.relative_to(REPOSITORY).as_posix()
        links = {a.get_text(): a["href"] for a in html[page].select(".doors a")}
        download = links.pop("Download this notebook")
        assert (guide / "html" / page).parent.joinpath(download).read_bytes() == lesson.read_bytes()
        assert links == {
            "Open in Binder": f"https://mybinder.org/v2/gh/{HOME}/HEAD?urlpath=lab/tree/{path}",
            "Open in Codespaces": f"https://codespaces.new/{HOME}",
            "Suggest a change": f"https://github.com/{HOME}/issues/new?title={path}",
        }
    for page, path in ("index.html", maker.START), ("notebooks/TRAPS.html", "notebooks/TRAPS.md"):
        change = html[page].select_one(".doors a[href^='https://github.com']")
        assert change["href"] == f"https://github.com/{HOME}/edit/main/{path}"
        assert (REPOSITORY / path).is_file()


def test_without_a_repository_there_are_no_such_links(tmp_path, monkeypatch):
    maker.write_source(tmp_path)
    for path in [*tmp_path.glob("*.md"), *tmp_path.glob("notebooks/*.*")]:
        assert "{container} doors" not in path.read_text(encoding="utf-8")
    monkeypatch.setenv("GUIDE_REPOSITORY", "https://github.com/ada/course")
    with pytest.raises(SystemExit, match="allowed is owner/name"):
        maker.repository()


def test_the_lessons_follow_each_other(html):
    page, way = "index.html", []
    while following := html[page].select_one("a.next-page"):
        page = posixpath.normpath(posixpath.join(posixpath.dirname(page), following["href"]))
        way.append(page)
    assert way == [
        *map(page_of, LESSONS),
        *(f"{posixpath.splitext(page)[0]}.html" for page in maker.APPENDIX.values()),
        "files.html",
    ]


def test_the_contents_name_every_lesson_by_part(html):
    tree = html["index.html"].select_one(".sidebar-tree")
    parts = [part.get_text() for part in tree.select(".caption-text")]
    for part in ("Tracking", "Projects", "Models", "Model Registry", "Appendix"):
        assert parts.count(part) == 1
    titles = [a.get_text() for a in tree.select("a")]
    begins = [path.name.partition("_")[0] for path in LESSONS]
    assert [title.partition(" ")[0] for title in titles[: len(LESSONS)]] == begins
    assert titles[len(LESSONS) :] == [*maker.APPENDIX, "Scripts and files"]


def test_a_browser_opens_and_searches_the_guide_from_the_disk(guide):
    skip_without_browser()
    with browser_page() as page:
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((guide / "html" / "index.html").as_uri())
        page.locator("input[name=q]").first.fill("copy_model_version")
        page.keyboard.press("Enter")
        found = page.locator("#search-results li:has(a[href*='18_registry_versions'])").first
        found.get_by_text("copies a version from one name to the other").wait_for()
        found.locator("a").click()
        page.get_by_role("heading", level=1).wait_for()
        assert "18_registry_versions" in page.url
        page.locator("a.prev-page").click()
        page.wait_for_url("**/17_models_scale_out.html")
        loaded = "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
        page.wait_for_function(loaded)
        here = (guide / "html").as_uri()
        assert len(asked) > 20
        assert [url for url in asked if not url.startswith((here, "data:"))] == []
        assert said == []


def test_the_document_has_title_contents_and_every_chapter(word, html):
    styles = [(p.style.name, p.text) for p in word.paragraphs]
    assert styles[0] == ("Title", maker.TITLE)
    chapters = [text for style, text in styles if style == "Heading 1"]
    titles = [as_read(path).cells[0].source.splitlines()[0][2:] for path in LESSONS]
    titles = [title.replace("'", "’") for title in titles]  # as Sphinx prints it
    assert chapters[1 : len(LESSONS) + 1] == titles
    assert len(chapters) == len(LESSONS) + len(maker.APPENDIX) + 2
    (contents,) = word.element.body.iter(qn("w:sdtContent"))
    listed = ["".join(t.text for t in p.iter(qn("w:t"))) for p in contents.iter(qn("w:p"))]
    assert listed == ["Contents", *(t for s, t in styles if s in ("Heading 1", "Heading 2"))]
    assert not re.search(VERDICT, "".join(text for _, text in styles))
    assert "PAGE" in word.sections[0].footer.paragraphs[0]._p.xml


def test_the_document_has_the_pictures_within_the_page(word):
    assert len(word.inline_shapes) == sum(map(pictures, LESSONS)) + 1  # that of the README
    section = word.sections[0]
    across = section.page_width - section.left_margin - section.right_margin
    for shape in word.inline_shapes:
        assert shape.width <= across
        assert shape.height <= section.page_height / 2


def test_a_picture_of_the_document_has_a_text_and_no_path_of_the_machine_that_made_it(word, guide):
    assert str(guide) not in word.element.xml
    shown = list(word.element.body.iter(qn("wp:docPr")))
    assert len(shown) == len(word.inline_shapes)
    assert all(picture.get("descr") for picture in shown)


def test_the_code_of_the_document_is_monospaced_and_whole(word):
    code = [p.text for p in word.paragraphs if p.style.name == "Source Code"]
    assert {cell.source.rstrip() for path in LESSONS for cell in cells(path)} <= set(code)
    for style in ("Source Code", "Output"):
        assert word.styles[style].font.name == "Consolas"
        assert word.styles[style].font.size.pt * 0.602 * 100 < 17 / 2.54 * 72  # 100 columns


def test_the_tables_of_the_document_are_within_the_page(word):
    assert len(word.tables) > 10
    for table in word.tables:
        assert sum(column.width.cm for column in table.columns) < 17.1


def word_faults(word):
    marks = {mark.get(qn("w:name")) for mark in word.element.body.iter(qn("w:bookmarkStart"))}
    links = [link.get(qn("w:anchor")) for link in word.element.body.iter(qn("w:hyperlink"))]
    return [link for link in links if link and link not in marks]


def test_every_link_within_the_document_leads_somewhere(word, guide):
    assert word_faults(word) == []
    spoiled = docx.Document(str(guide / "Guide.docx"))
    link = next(x for x in spoiled.element.body.iter(qn("w:hyperlink")) if x.get(qn("w:anchor")))
    link.set(qn("w:anchor"), "gone")
    assert word_faults(spoiled) == ["gone"]


@pytest.mark.parametrize(
    ("text", "adapted"),
    [
        ("[map](../README.md#the-notebooks)", "[map](../index.md#the-notebooks)"),
        ("[card](../data/README.md)", "[card](../data/README.md)"),
        ("[rules](../CONTRIBUTING.md) end", "rules end"),
        ("[MLflow](https://mlflow.org)", "[MLflow](https://mlflow.org)"),
        ("![shown in words](images/a.png)", "![shown in words](images/a.png)"),
        ("as lesson 02 says", "as [lesson 02](02_tracking_compare_runs.ipynb) says"),
        ("as lesson 99 says", "as lesson 99 says"),
        ("this lesson 01", "this lesson 01"),
        ("see [lesson 02](02_tracking_compare_runs.ipynb)",) * 2,
        ("`lesson 02`", "`lesson 02`"),
        ("# Lesson 02", "# Lesson 02"),
        ("`MLproject` and `run_id`", "[`MLproject`](../files.md#mlproject) and `run_id`"),
    ],
)
def test_links_are_those_of_the_guide(text, adapted):
    assert maker.Links().adapt(text, "notebooks/01_tracking_first_run.ipynb") == adapted


@pytest.mark.parametrize("anchor", ["title", "gone"])
def test_a_source_that_sphinx_warns_of_ends_the_build(tmp_path, capsys, anchor):
    (tmp_path / "_static").mkdir()
    (tmp_path / "index.md").write_text(f"# Title\n\n[it](#{anchor})\n", encoding="utf-8")
    for suffix in (".css", ".js"):
        shutil.copy(REPOSITORY / "tools" / f"guide{suffix}", tmp_path / "_static")
    with contextlib.nullcontext() if anchor == "title" else FAULTS:
        maker.run_sphinx(tmp_path, tmp_path / "html")


@pytest.fixture
def other_site(tmp_path):
    """The address of a site that has one page, there."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "there").touch()
    handler = functools.partial(SimpleHTTPRequestHandler, directory=tmp_path / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("page", ["there", "gone"])
def test_a_dead_link_to_another_site_is_noticed(tmp_path, monkeypatch, other_site, page, capsys):
    def one_page(folder):
        (folder / "_static").mkdir(parents=True)
        text = f"# Title\n\n[it]({other_site}/{page})\n"
        (folder / "index.md").write_text(text, encoding="utf-8")

    monkeypatch.setattr(maker, "write_source", one_page)
    with contextlib.nullcontext() if page == "there" else FAULTS:
        maker.check_links(tmp_path / "guide")


def test_the_cheat_sheet_is_one_page_that_names_no_machine(guide):
    skip_without_browser()
    printed = (guide / "Cheatsheet.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert b"file:" not in printed and b"/URI" not in printed
