"""Make slides of the lessons, from the notebooks as they are stored; none is executed.

    python -m tools.slides

makes one file for each lesson in build/slides, and index.html. Each holds all that it needs:
reveal.js, the pictures, the words for the speaker. Neither they nor this tool need a network.

A cell with the slide type `slide` begins a section, each text in it a slide below it, with the code
that follows and what it printed. Where that is too much for one slide, it is set smaller; where
that does not help, the rest goes on to the next. No browser is at hand to measure, so the heights
are reckoned, with room to spare; a test measures them.
"""

import base64
import math
import re
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from importlib.metadata import distribution
from itertools import chain
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from classroom.workspace import NOTEBOOKS, REPOSITORY, lessons
from tools.notebooks import DRAWN, as_read

BUILD = REPOSITORY / "build" / "slides"
WIDTH, BODY = 1168, 596  # pixels within a slide: across, and down below the heading
GAP = 12  # between two blocks
WIDEST = 0.58  # of a letter's height: how wide letters are on average, in the widest usual font
MONOSPACED = 0.602  # the same for code
LEAST_PICTURE = 400  # pixels of height below which a picture had better have a slide of its own
MARKDOWN = MarkdownIt("commonmark").enable("table")
CODE = HtmlFormatter(cssclass="code", style="friendly")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
DECK = """<div class="reveal"><div class="slides">
{slides}
</div></div>
<script>{script}</script>
<script>
Reveal.initialize({{
  width: 1280, height: 720, margin: 0, center: false, controls: false, hash: true,
  slideNumber: "c/t", transition: "none", plugins: [RevealNotes],
}});
</script>"""
INDEX = """<h1>Slides</h1>
<p>Space goes on, Shift and Space back. S opens the speaker's window, Esc shows all slides. To
print, add <code>?print-pdf</code> to the address.</p>
<ul>
{links}
</ul>"""
INDEX_STYLE = "body { font: 20px/1.6 sans-serif; margin: 3em auto; max-width: 40em; }"


@dataclass(frozen=True)
class Size:
    """How large a slide is set: letters and lines of each kind, in pixels."""

    name: str
    text: int
    text_line: int
    code: int  # also that of a table
    code_line: int

    def css(self) -> str:
        """Return the rule that sets a slide in this size; slides.css uses its variables."""
        return (
            f".{self.name} {{ --text: {self.text}px; --text-line: {self.text_line}px;"
            f" --code: {self.code}px; --code-line: {self.code_line}px; }}"
        )


LARGE, NORMAL, DENSE = SIZES = (
    Size("large", 30, 42, 22, 30),
    Size("normal", 26, 36, 18, 25),
    Size("dense", 22, 30, 15, 20),
)


@dataclass(frozen=True)
class Text:
    """A paragraph or a list."""

    source: str

    def html(self, size: Size) -> str:
        return self.source

    def height(self, size: Size) -> float:
        paragraphs = [plain(part) for part in re.split("<li>|<p>", self.source)]
        return sum(size.text_line * rows(p, size.text * WIDEST) for p in paragraphs if p)


@dataclass(frozen=True)
class Lines:
    """Code, or what it printed."""

    kind: str
    lines: tuple[str, ...]

    def html(self, size: Size) -> str:
        text = "\n".join(self.lines)
        if self.kind == "code":
            return highlight(text, get_lexer_by_name("ipython3"), CODE)
        return f'<pre class="output">{escape(text)}</pre>'

    def rows(self, size: Size) -> list[int]:
        """Return how many rows each line takes."""
        return [rows(line, size.code * MONOSPACED, WIDTH - 36) for line in self.lines]

    def height(self, size: Size) -> float:
        return size.code_line * sum(self.rows(size)) + (16 if self.kind == "code" else 0)

    def parts(self) -> list["Lines"]:
        """Return lines that each fit on a slide, and together say the same."""
        rows_of_lines = self.rows(NORMAL)
        most = (BODY - 16) // NORMAL.code_line
        each = math.ceil(sum(rows_of_lines) / math.ceil(sum(rows_of_lines) / most))
        chunks, used = [[]], 0
        for line, needed in zip(self.lines, rows_of_lines, strict=True):
            if chunks[-1] and used + needed > each:
                chunks.append([])
                used = 0
            chunks[-1].append(line)
            used += needed
        return [replace(self, lines=tuple(chunk)) for chunk in chunks]


@dataclass(frozen=True)
class Table:
    """A table; one too wide is set smaller."""

    source: str

    def cells(self) -> list[list[str]]:
        """Return the text of each cell, row by row."""
        cell = re.compile(r"<t[hd]\b.*?>(.*?)</t[hd]>", flags=re.S)
        return [list(map(plain, cell.findall(row))) for row in self.source.split("<tr")[1:]]

    def letters(self) -> float:
        """Return how many letters the widest cells have together, the gaps reckoned in."""
        columns = zip(*self.cells(), strict=False)
        return sum(max(map(len, column)) + 3 for column in columns)

    def font(self, size: Size) -> float:
        return max(13, min(size.code, WIDTH / (WIDEST * self.letters())))

    def html(self, size: Size) -> str:
        return f'<div style="font-size: {self.font(size):.1f}px">{self.source}</div>'

    def height(self, size: Size) -> float:
        font = self.font(size)
        lines = max(1, self.letters() * WIDEST * font / WIDTH)
        return len(self.cells()) * (1.35 * font * math.ceil(lines) + 7)


@dataclass(frozen=True)
class Picture:
    """A picture in the PNG format; it shrinks to the room that is left."""

    png: bytes
    words: str

    def html(self, size: Size) -> str:
        data = base64.b64encode(self.png).decode()
        words = escape(self.words)
        return f'<div class="picture"><img alt="{words}" src="data:image/png;base64,{data}"></div>'

    def height(self, size: Size) -> float:
        width, height = struct.unpack(">II", self.png[16:24])
        of_a_page = width > WIDTH  # the UI, whose letters are small
        return BODY if of_a_page else min(LEAST_PICTURE, height)


#: Something on a slide: its `html`, and the `height` that it needs at most, in pixels.
Block = Text | Lines | Table | Picture


@dataclass
class Slide:
    """Blocks below a heading."""

    title: str
    blocks: list[Block]
    kind: str = ""
    notes: str = ""

    def html(self) -> str:
        size = next((size for size in SIZES if fit(self.blocks, size)), DENSE)
        level = 1 if self.kind == "title" else 2
        inner = "\n".join(block.html(size) for block in self.blocks)
        notes = f'<aside class="notes">{self.notes}</aside>' if self.notes else ""
        return (
            f'<section>\n<div class="slide {size.name} {self.kind}">\n'
            f"<h{level}>{self.title}</h{level}>\n{inner}\n</div>\n"
            f"{notes}\n</section>"
        )


def plain(html: str) -> str:
    """Return the text of a piece of HTML."""
    return re.sub(r"<[^>]*>", "", html).strip()


def rows(text: str, letter: float, width: float = WIDTH) -> int:
    """Return how many rows a text takes whose letters are so many pixels wide."""
    return max(1, math.ceil(len(text) * letter / width))


def fit(blocks: list[Block], size: Size) -> bool:
    """Say whether blocks fit on one slide; code is not set so large that its lines break."""
    code = [block for block in blocks if isinstance(block, Lines)]
    if size is LARGE and any(max(block.rows(size)) > 1 for block in code):
        return False
    return sum(block.height(size) + GAP for block in blocks) - GAP <= BODY


def of_markdown(source: str) -> tuple[str, list[Block]]:
    """Return the heading of a text, if it begins with one, and its blocks."""
    source = re.sub(r"<details>.*?</details>", "", source, flags=re.S)  # a hint, for later
    source = re.sub(r"(?<!!)\[([^\]]*)\]\((?!https?:)[^)]*\)", r"\1", source)
    heading, blocks = "", []
    for node in SyntaxTreeNode(MARKDOWN.parse(source)).children:
        html = MARKDOWN.renderer.render(node.to_tokens(), MARKDOWN.options, {}).strip()
        if node.type == "heading":
            heading = re.sub(r"</?h\d>", "", html)
        elif node.type == "table":
            blocks.append(Table(html))
        else:
            if plain(html):
                blocks.append(Text(re.sub("<img[^>]*>", "", html)))
            for part in node.walk():
                if part.type == "image":
                    png = (NOTEBOOKS / part.attrs["src"]).read_bytes()
                    blocks.append(Picture(png, part.content))
    return heading, blocks


def of_output(output: NotebookNode) -> Block:
    """Return a cell's output in the richest form that a slide can show."""
    data = output.get("data", {})
    if "image/png" in data:
        return Picture(base64.b64decode(data["image/png"]), DRAWN)
    frame = re.search('<table[^>]*class="dataframe".*</table>', data.get("text/html", ""), re.S)
    if frame:
        return Table(frame[0].replace(' border="1"', ""))
    text = output.get("text") or data["text/plain"]
    return Lines("output", tuple(text.rstrip("\n").split("\n")))


@dataclass
class Idea:
    """What belongs together: a text, the code that follows, and what it printed."""

    title: str
    blocks: list[Block]
    begins_section: bool = False
    goes_on: bool = False  # code after code, or a text that no code follows


def ideas(notebook: NotebookNode) -> list[Idea]:
    """Return the ideas of a lesson in order; its title and the set-up stand alone."""
    found: list[Idea] = []
    title = ""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            heading, blocks = of_markdown(cell.source)
            title = heading or title
            begins = cell.metadata.get("slideshow", {}).get("slide_type") == "slide"
            found.append(Idea(title, blocks, begins, goes_on=not heading))
            continue
        blocks = [Lines("code", tuple(cell.source.split("\n"))), *map(of_output, cell.outputs)]
        if number > 1 and notebook.cells[number - 1].cell_type == "markdown":
            found[-1].blocks += blocks
            found[-1].goes_on = False
        else:
            found.append(Idea(title, blocks, goes_on=number > 1))
    return found


def fill(idea: Idea) -> Iterator[Slide]:
    """Put an idea on as few slides as hold it."""
    if fit(idea.blocks, DENSE):
        yield Slide(idea.title, idea.blocks)
        return
    slide = Slide(idea.title, [])
    parts = (block.parts() if isinstance(block, Lines) else [block] for block in idea.blocks)
    for block in chain(*parts):
        if slide.blocks and not fit([*slide.blocks, block], NORMAL):
            yield slide
            slide = Slide(idea.title, [])
        slide.blocks.append(block)
    yield slide


def sections(notebook: NotebookNode) -> list[list[Slide]]:
    """Return the slides of a lesson: the sections, each with its slides from top to bottom."""
    deck: list[list[Slide]] = []
    for idea in ideas(notebook):
        if idea.begins_section:
            deck.append([])
        if idea.goes_on and fit(deck[-1][-1].blocks + idea.blocks, NORMAL):
            deck[-1][-1].blocks += idea.blocks
        else:
            deck[-1] += fill(idea)
    deck[0][0].kind = "title"
    return deck


def words_for_the_speaker(instructor: str, number: str) -> str:
    """Return what INSTRUCTOR.md has to say on a lesson, as HTML; empty where it has nothing."""
    before = rf"^## {number} (?:(?!^## ).)*?^\*\*Say\.\*\* "  # in the lesson's own section
    said = re.search(rf"{before}(.*?)\n\n", instructor, flags=re.S | re.M)
    return MARKDOWN.render(said[1]) if said else ""


def reveal(name: str) -> str:
    """Return a file of reveal.js, from the package that carries it."""
    place = f"sphinx_revealjs/_static/revealjs/{name}"
    return Path(distribution("sphinx-revealjs").locate_file(place)).read_text(encoding="utf-8")


def page(notebook: NotebookNode, notes: str) -> str:
    """Return the slides of a lesson as one page of HTML."""
    deck = sections(notebook)
    deck[0][0].notes = notes
    own = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    style = [reveal("dist/reset.css"), reveal("dist/reveal.css"), CODE.get_style_defs(".code")]
    style += [*(size.css() for size in SIZES), own]
    script = "\n".join([reveal("dist/reveal.js"), reveal("plugin/notes/notes.js")])
    script = script.replace("</script", r"<\/script")  # it would end ours
    slides = (["<section>", *(slide.html() for slide in section), "</section>"] for section in deck)
    body = DECK.format(slides="\n".join(chain(*slides)), script=script)
    return PAGE.format(title=plain(deck[0][0].title), style="\n".join(style), body=body)


def build(folder: Path = BUILD) -> None:
    """Make the slides of every lesson in a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    instructor = (NOTEBOOKS / "INSTRUCTOR.md").read_text(encoding="utf-8")
    pages, links = {}, []
    for path in lessons():
        notebook = as_read(path)
        pages[path.stem] = page(notebook, words_for_the_speaker(instructor, path.name[:2]))
        title = escape(notebook.cells[0].source.splitlines()[0].removeprefix("# "))
        links.append(f'<li><a href="{path.stem}.html">{title}</a></li>')
    index = INDEX.format(links="\n".join(links))
    pages["index"] = PAGE.format(title="Slides", style=INDEX_STYLE, body=index)
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")


if __name__ == "__main__":
    build()
    print(f"The slides: {BUILD / 'index.html'}")
