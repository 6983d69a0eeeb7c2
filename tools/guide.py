"""Write the course as one guide, from the notebooks as they are stored; none is executed.

    python -m tools.guide
    python -m tools.guide --links    ask the network whether links to other sites lead somewhere

The first makes three things in build/guide: html/index.html, which a browser opens from the disk,
Guide.docx and, where there is a browser to print it, Cheatsheet.pdf. Neither they nor this tool
need a network. The lessons stand in them without the empty answers to their exercises; README comes
first; the appendices, the pages beside the lessons and the files that they read follow. Where the
environment variable GUIDE_REPOSITORY names the course's home on GitHub, as owner/name, the pages
are those of its site: each begins with links to open it elsewhere.
"""

import itertools
import json
import os
import posixpath
import re
import shutil
import sys
from importlib.metadata import metadata
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from classroom.desk.doctor import find_browser
from classroom.workspace import NOTEBOOKS, REPOSITORY, appendices, lessons
from tools.notebooks import as_read, slug
from tools.screenshots import browser_page
from tools.word import write_word

BUILD = REPOSITORY / "build" / "guide"
START = "README.md"
#: Pages that follow the lessons, by their title in the navigation.
APPENDIX = {
    "Traps": "notebooks/TRAPS.md",
    "Glossary": "notebooks/GLOSSARY.md",
    "Cheat sheet": "notebooks/CHEATSHEET.md",
    "From MLflow 2 to 3": "notebooks/OLD_TO_NEW.md",
    "The data": "data/README.md",
}
LISTINGS = "files.md"  # a page that exists in the guide alone
ORIGINALS = "originals"  # the folder of the notebooks as they are, to download
#: Files that lessons read, or walk through, and that are printed whole at the end.
LISTED = "notebooks/*.py", "notebooks/deploy/*.*", "steps/*.py", "MLproject", "*.yaml", "Dockerfile"
LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", "": "yaml"}  # others: plain text
TITLE = (REPOSITORY / START).read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")

#: What is looked at in a text: code blocks, headings and hints, which stay as they are; then links
#: and pictures, code, and a lesson's number.
MARKUP = re.compile(
    r"^```.*?^```|^#.*?$|<details>.*?</details>"
    r"|(?P<mark>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)]+)\)"
    r"|`(?P<code>[^`]+)`"
    r"|\b[Ll]essons? (?P<number>\d\d)\b",
    flags=re.S | re.M,
)

#: For Sphinx.
SETTINGS = {
    "project": TITLE,
    "extensions": ["myst_nb"],
    "highlight_language": "none",
    "myst_heading_anchors": 3,
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "html_theme": "furo",
    "html_title": TITLE,
    "html_copy_source": False,
    "html_show_copyright": False,
    "exclude_patterns": [ORIGINALS],
    "html_css_files": ["guide.css"],
    "html_js_files": ["guide.js"],
    "html_static_path": ["_static"],
    # For --links. Pages draw many of their anchors by script, and some sites turn machines away.
    "linkcheck_anchors": False,
    "linkcheck_report_timeouts_as_broken": False,
    "linkcheck_timeout": 30,
}


def listed_files() -> list[str]:
    """Return the paths of the files that the guide prints whole, the lessons' own first."""
    return [page_of(path) for pattern in LISTED for path in sorted(REPOSITORY.glob(pattern))]


def page_of(path: Path) -> str:
    """Return where a file of the repository stands in the guide: where it stands here."""
    return path.relative_to(REPOSITORY).as_posix()


class Links:
    """Turns the links of the repository's texts into links of the guide.

    A link to a page of the guide, a picture or another site stays; one to a file that is printed
    leads there; of any other, the text stays. A lesson that is named by its number and a file that
    is named as code become links.
    """

    def __init__(self) -> None:
        self.lessons = {path.name[:2]: page_of(path) for path in lessons()}
        files = listed_files()
        self.names = {name.rpartition("/")[2]: name for name in files}
        #: Where what stands in the repository stands in the guide.
        self.places = {name: f"{LISTINGS}#{slug(name)}" for name in files}
        self.places |= {START: "index.md"} | {page: page for page in APPENDIX.values()}
        self.places |= {page: page for page in map(page_of, lessons() + appendices())}

    def adapt(self, text: str, page: str) -> str:
        """Return a text of the repository's file `page` with the links of the guide."""
        folder = posixpath.dirname(page) or "."

        def linked(text: str, place: str, anchor: str = "") -> str:
            if place not in self.places or place == page and not anchor:
                return text
            return f"[{text}]({posixpath.relpath(self.places[place] + anchor, folder)})"

        def replace(found: re.Match) -> str:
            if found["code"]:
                return linked(found[0], self.names.get(found["code"], found["code"]))
            if found["number"]:
                return linked(found[0], self.lessons.get(found["number"], page))
            target = found["target"]
            if target is None or found["mark"] or target.startswith(("http:", "https:")):
                return found[0]
            file, mark, anchor = target.partition("#")
            place = posixpath.normpath(posixpath.join(folder, file)) if file else page
            return linked(found["text"], place, mark + anchor)

        return MARKUP.sub(replace, text)


def repository() -> str:
    """Return the course's home on GitHub, owner/name; empty where GUIDE_REPOSITORY is not set."""
    named = os.environ.get("GUIDE_REPOSITORY", "")
    if named and not re.fullmatch(r"[\w.-]+/[\w.-]+", named):
        sys.exit(f"GUIDE_REPOSITORY is {named!r}; allowed is owner/name, as in mlflow/mlflow.")
    return named


def doors(page: str, home: str) -> str:
    """Return the links that stand below the title of a page of the site, `home` being its home."""
    notebook = page.endswith(".ipynb")
    where = f"?urlpath=lab/tree/{page}" if notebook else ""
    links = [f"[Open in Binder](https://mybinder.org/v2/gh/{home}/HEAD{where})"]
    links.append(f"[Open in Codespaces](https://codespaces.new/{home})")
    if notebook:
        links.insert(0, f"[Download this notebook](path:/{ORIGINALS}/{Path(page).name})")
        # A notebook is no text to edit by hand: its outputs have to be made anew.
        links.append(f"[Suggest a change](https://github.com/{home}/issues/new?title={page})")
    elif page != LISTINGS:
        links.append(f"[Suggest a change](https://github.com/{home}/edit/main/{page})")
    if page == START:  # what the site holds beside its pages
        links.append('<a href="slides/index.html">Slides</a>')
        links.append('<a href="Guide.docx">As one Word file</a>')
    return "\n".join(["```{container} doors", *links, "```"])


def contents(readme: str, links: Links) -> str:
    """Return the navigation of the guide: the lessons by part, then what follows them."""
    rows = re.findall(r"^\| (\d\d) \| \[(.+?)\]\(.*?\) \| (.+?) \|", readme, flags=re.M)
    groups = [
        (
            "All four parts" if part == "–" else part,
            [f"{number} {title} <{links.lessons[number]}>" for number, title, _ in its_rows],
        )
        for part, its_rows in itertools.groupby(rows, key=lambda row: row[2])
    ]
    pages = APPENDIX | {"Scripts and files": LISTINGS}
    last = [page_of(path) for path in appendices()]  # each under its own title
    groups.append(("Appendix", last + [f"{title} <{page}>" for title, page in pages.items()]))
    return "\n".join(
        "\n".join([f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n", *entries, "```"])
        for caption, entries in groups
    )


def without_column(text: str, name: str) -> str:
    """Return a text without the last column of a table, where that column has this name."""
    table = re.search(rf"^\|.*\| {name} \|\n(?:\|.*\n)+", text, flags=re.M)[0]
    return text.replace(table, re.sub(r" \| [^|\n]*\|$", " |", table, flags=re.M))


def listings() -> str:
    """Return the page of the files that are printed whole."""
    parts = ["# Scripts and files", "What the lessons run, read or walk through, whole."]
    for name in listed_files():
        path = REPOSITORY / name
        code = path.read_text(encoding="utf-8").rstrip()
        parts.append(f"## {name}\n\n```{LANGUAGES.get(path.suffix, 'text')}\n{code}\n```")
    return "\n\n".join(parts)


def write_source(folder: Path, home: str = "") -> None:
    """Write what Sphinx reads: pages and pictures, each where it stands in the repository."""
    links = Links()

    def opened(text: str, page: str) -> str:
        if not home:
            return text
        title, _, rest = text.partition("\n")
        return f"{title}\n\n{doors(page, home)}\n{rest}"

    readme = (REPOSITORY / START).read_text(encoding="utf-8")
    readme = re.sub(r"^\[!\[.*\n", "", readme, flags=re.M)  # badges, which only GitHub can draw
    readme = without_column(readme, "Solutions")
    pages = {
        "index.md": opened(links.adapt(readme, START), START) + "\n" + contents(readme, links),
        LISTINGS: opened(listings(), LISTINGS),
    }
    for page in APPENDIX.values():
        text = (REPOSITORY / page).read_text(encoding="utf-8")
        pages[page] = opened(links.adapt(text, page), page)
    (folder / "_static").mkdir(parents=True)
    (folder / ORIGINALS).mkdir()
    for path in lessons() + appendices():
        page = page_of(path)
        notebook = as_read(path)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = links.adapt(cell.source, page)
        notebook.cells[0].source = opened(notebook.cells[0].source, page)
        pages[page] = nbformat.writes(notebook)
        shutil.copy(path, folder / ORIGINALS)
    for suffix in (".css", ".js"):
        shutil.copy(Path(__file__).with_suffix(suffix), folder / "_static")
    shutil.copytree(NOTEBOOKS / "images", folder / "notebooks" / "images")
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text + "\n", encoding="utf-8")


def run_sphinx(source: Path, target: Path, builder: str = "html") -> None:
    """Let Sphinx make the pages; end where it warns, as of a link that leads nowhere."""
    doctrees = target.parent / "doctrees"
    with docutils_namespace():  # one process may call Sphinx again
        app = Sphinx(
            source, None, target, doctrees, builder, SETTINGS, status=None, warningiserror=True
        )
        app.build(force_all=True)
    if app.statuscode:
        sys.exit("Sphinx found faults in the guide; they stand above.")


def write_texts(html: Path) -> None:
    """Write what the pages say as a script: from the disk, search may read that, but no page."""
    pages = {}
    for path in html.rglob("*.html"):
        if article := BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").article:
            pages[path.relative_to(html).as_posix()] = str(article)
    script = f"const PAGES = {json.dumps(pages)};"
    (html / "_static" / "pages.js").write_text(script, encoding="utf-8")


def print_cheat_sheet(html: Path, target: Path) -> None:
    """Print the cheat sheet on a page of A4; its links, which lead to this machine, become text."""
    with browser_page() as page:
        page.goto((html / APPENDIX["Cheat sheet"]).with_suffix(".html").as_uri())
        page.emulate_media(media="print", color_scheme="light")
        page.evaluate("for (const link of [...document.links]) link.removeAttribute('href')")
        margin = dict.fromkeys(("top", "right", "bottom", "left"), "9mm")
        page.pdf(path=target, format="A4", print_background=True, margin=margin)


def check_links(folder: Path = BUILD) -> None:
    """Ask the network whether each link to another site leads somewhere; end where one does not."""
    shutil.rmtree(folder, ignore_errors=True)
    write_source(folder / "source")
    run_sphinx(folder / "source", folder / "links", "linkcheck")


def build(folder: Path = BUILD) -> None:
    """Build both forms of the guide in a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    write_source(folder / "source", repository())
    run_sphinx(folder / "source", folder / "html")
    write_texts(folder / "html")
    names = ["index.md", *map(page_of, lessons() + appendices()), *APPENDIX.values(), LISTINGS]
    write_word(
        folder / "html",
        [f"{posixpath.splitext(name)[0]}.html" for name in names],
        title=TITLE,
        subtitle=metadata("loanflow")["Summary"],
        target=folder / "Guide.docx",
    )
    if find_browser():
        print_cheat_sheet(folder / "html", folder / "Cheatsheet.pdf")
    for made in ("source", "doctrees", "jupyter_execute"):
        shutil.rmtree(folder / made, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--links"]:
        check_links()
        print(f"The links lead somewhere: {BUILD / 'links' / 'output.txt'}")
    else:
        build()
        print(f"The guide: {BUILD / 'html' / 'index.html'} and {BUILD / 'Guide.docx'}")
        printed = "Cheatsheet.pdf" if find_browser() else "not printed, as there is no browser"
        print(f"The cheat sheet as a page: {printed}")
