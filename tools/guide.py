"""Write the course as one guide, from the notebooks as they are stored; none is executed.

    python -m tools.guide

makes two things in build/guide: html/index.html, which a browser opens from the disk, and
Guide.docx. Neither they nor this tool need a network. The lessons stand in them without the
empty answers to their exercises; README comes first, the pages beside the lessons and the files
that they read follow.
"""

import itertools
import posixpath
import re
import shutil
import sys
import tomllib
from pathlib import Path

import nbformat

from classroom.workspace import NOTEBOOKS, REPOSITORY, lessons
from tools.notebooks import as_read, slug
from tools.word import write_word

BUILD = REPOSITORY / "build" / "guide"
START = "README.md"
#: Pages that follow the lessons, by their title in the navigation.
APPENDIX = {
    "Traps": "notebooks/TRAPS.md",
    "Glossary": "notebooks/GLOSSARY.md",
    "From MLflow 2 to 3": "notebooks/OLD_TO_NEW.md",
    "The data": "data/README.md",
}
LISTINGS = "files.md"  # a page that exists in the guide alone
#: Files that lessons read, or walk through, and that are printed whole at the end.
LISTED = ["notebooks/*.py", "notebooks/deploy/*.*", "steps/*.py"]
LISTED += ["MLproject", "*.yaml", "Dockerfile"]
LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", "": "yaml", ".txt": "text"}
ALL_PARTS = "All four parts"
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
    "language": "en",
    "myst_heading_anchors": 3,
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "html_theme": "furo",
    "html_title": TITLE,
    "html_copy_source": False,
    "html_show_copyright": False,
    "html_css_files": ["guide.css"],
    "html_show_search_summary": False,  # a page from the disk may not read another
    "html_show_sourcelink": False,
    "html_static_path": ["_static"],
}


def listed_files() -> list[str]:
    """Return the paths of the files that the guide prints whole, the lessons' own first."""
    return [
        path.relative_to(REPOSITORY).as_posix()
        for pattern in LISTED
        for path in sorted(REPOSITORY.glob(pattern))
    ]


class Links:
    """Turns the links of the repository's texts into links of the guide.

    A link to a page of the guide, a picture or another site stays; one to a file that is printed
    leads there; of any other, the text stays. A lesson that is named by its number and a file that
    is named as code become links.
    """

    def __init__(self) -> None:
        self.lessons = {path.name[:2]: f"notebooks/{path.name}" for path in lessons()}
        files = listed_files()
        self.names = {name.rpartition("/")[2]: name for name in files}
        #: Where what stands in the repository stands in the guide.
        self.places = {name: f"{LISTINGS}#{slug(name)}" for name in files}
        self.places |= {START: "index.md"} | {page: page for page in APPENDIX.values()}
        self.places |= {page: page for page in self.lessons.values()}

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


def course_map(readme: str) -> list[tuple[str, str, str]]:
    """Return number, short title and part of each lesson from the table in README."""
    rows = re.findall(r"^\| (\d\d) \| \[(.+?)\]\(.*?\) \| (.+?) \|", readme, flags=re.M)
    return [(number, title, ALL_PARTS if part == "–" else part) for number, title, part in rows]


def contents(readme: str, links: Links) -> str:
    """Return the navigation of the guide: the lessons by part, then what follows them."""
    groups = [
        (part, [f"{number} {title} <{links.lessons[number]}>" for number, title, _ in rows])
        for part, rows in itertools.groupby(course_map(readme), key=lambda row: row[2])
    ]
    last = APPENDIX | {"Scripts and files": LISTINGS}
    groups.append(("Appendix", [f"{title} <{page}>" for title, page in last.items()]))
    return "\n".join(
        "\n".join([f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n", *entries, "```"])
        for caption, entries in groups
    )


def without_column(text: str, name: str) -> str:
    """Return a text without the last column of a table, where that column has this name."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.endswith(f"| {name} |"))
    for n in itertools.takewhile(lambda n: lines[n].startswith("|"), range(start, len(lines))):
        lines[n] = lines[n].rpartition(" | ")[0] + " |"
    return "\n".join(lines)


def listings() -> str:
    """Return the page of the files that are printed whole."""
    parts = ["# Scripts and files", "What the lessons run, read or walk through, whole."]
    for name in listed_files():
        path = REPOSITORY / name
        code = path.read_text(encoding="utf-8").rstrip()
        parts.append(f"## {name}\n\n```{LANGUAGES.get(path.suffix, 'text')}\n{code}\n```")
    return "\n\n".join(parts)


def write_source(folder: Path) -> None:
    """Write what Sphinx reads: pages and pictures, each where it stands in the repository."""
    links = Links()
    texts = {
        name: (REPOSITORY / name).read_text(encoding="utf-8")
        for name in (START, *APPENDIX.values())
    }
    readme = without_column(texts.pop(START), "Solutions")
    pages = {
        "index.md": links.adapt(readme, START) + "\n" + contents(readme, links),
        LISTINGS: listings(),
    }
    pages |= {page: links.adapt(text, page) for page, text in texts.items()}
    for path in lessons():
        page = links.lessons[path.name[:2]]
        notebook = as_read(path)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = links.adapt(cell.source, page)
        pages[page] = nbformat.writes(notebook)
    (folder / "_static").mkdir(parents=True)
    shutil.copy(Path(__file__).with_suffix(".css"), folder / "_static")
    shutil.copytree(NOTEBOOKS / "images", folder / "notebooks" / "images")
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text + "\n", encoding="utf-8")


def write_html(source: Path, target: Path) -> None:
    """Let Sphinx make the pages; end where it warns, as of a link that leads nowhere."""
    from sphinx.application import Sphinx

    app = Sphinx(
        source,
        None,
        target,
        target.parent / "doctrees",
        "html",
        SETTINGS,
        status=None,
        warningiserror=True,
    )
    app.build(force_all=True)
    if app.statuscode:
        sys.exit("Sphinx found faults in the guide; they stand above.")


def build(folder: Path = BUILD) -> None:
    """Build both forms of the guide in a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    write_source(folder / "source")
    write_html(folder / "source", folder / "html")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = ["index.md", *Links().lessons.values(), *APPENDIX.values(), LISTINGS]
    write_word(
        folder / "html",
        [f"{posixpath.splitext(name)[0]}.html" for name in names],
        title=TITLE,
        subtitle=project["description"],
        target=folder / "Guide.docx",
    )
    for made in ("source", "doctrees", "jupyter_execute"):
        shutil.rmtree(folder / made, ignore_errors=True)


if __name__ == "__main__":
    build()
    print(f"The guide: {BUILD / 'html' / 'index.html'} and {BUILD / 'Guide.docx'}")
