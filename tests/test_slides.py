"""The slides hold every lesson, each fits on a screen of 1280 by 720, and none asks the network."""

import re

import pytest

from classroom.workspace import NOTEBOOKS, lessons
from conftest import skip_module_without_guide, skip_without_browser
from tools.notebooks import as_read
from tools.screenshots import browser_page

skip_module_without_guide()

from bs4 import BeautifulSoup  # noqa: E402

from tools import slides as maker  # noqa: E402

LESSONS = lessons()
#: The widest font that is usual, as is the only one on many a machine with Linux.
WIDEST = '.reveal .slide { font-family: "DejaVu Sans", Verdana !important }'

#: Goes through the slides and says what does not fit, and which picture is too small to be read.
FAULTS = """() => {
    const faults = [];
    for (const section of Reveal.getSlides()) {
        const {h, v} = Reveal.getIndices(section);
        Reveal.slide(h, v);
        const slide = section.querySelector(".slide");
        const say = (what) => faults.push(`${h}/${v} ${what}`);
        if (slide.scrollWidth > 1280 || slide.scrollHeight > 720)
            say(`is ${slide.scrollWidth} by ${slide.scrollHeight}`);
        for (const element of slide.querySelectorAll("*")) {
            const box = element.getBoundingClientRect();
            if (box.width && (box.left < 0 || box.top < 0 || box.right > 1280 || box.bottom > 700))
                say(`${element.tagName} reaches ${box.right} and ${box.bottom}`);
            if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth)
                say(`${element.tagName} is cut at the right`);
        }
        for (const image of slide.querySelectorAll("img"))
            if (image.height < Math.min(300, 0.9 * image.naturalHeight))
                say(`a picture is ${image.width} by ${image.height}`);
    }
    return [Reveal.getTotalSlides(), faults];
}"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides") / "slides"
    maker.build(folder)
    return folder


@pytest.fixture(scope="module")
def page():
    skip_without_browser()
    with browser_page(1280, 720) as page:
        yield page


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return request.param


@pytest.fixture
def text(decks, lesson):
    return (decks / f"{lesson.stem}.html").read_text(encoding="utf-8")


def sources(lesson, kind):
    return [cell.source for cell in as_read(lesson).cells if cell.cell_type == kind]


def open_deck(page, path):
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.wait_for_function("[...document.images].every(image => image.complete)")


def test_nothing_overflows_and_nothing_is_fetched(decks, page, lesson):
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: said.append(str(error)))
    path = decks / f"{lesson.stem}.html"
    open_deck(page, path)
    slides, faults = page.evaluate(FAULTS)
    assert slides >= len(sources(lesson, "code"))
    assert faults == []
    page.add_style_tag(content=WIDEST)
    assert page.evaluate(FAULTS) == [slides, []]
    here = path.as_uri()
    assert [url for url in asked if not url.startswith(("data:", here))] == []
    assert asked.count(here) == 1
    assert said == []


@pytest.mark.parametrize(
    "spoiled",
    [
        '<p style="flex: none; height: 700px">tall</p>',
        '<p style="white-space: nowrap">' + "wide " * 400 + "</p>",
        '<p style="width: 99px; overflow: hidden; white-space: pre">cut at the right side</p>',
        '<p style="position: relative; left: -80px">to the left</p>',
    ],
)
def test_what_does_not_fit_is_noticed(decks, page, spoiled):
    open_deck(page, decks / f"{LESSONS[0].stem}.html")
    spoil = """html => {
        const slide = document.querySelectorAll(".slide")[3];
        slide.insertAdjacentHTML("beforeend", html);
        const {h, v} = Reveal.getIndices(slide.closest("section"));
        return `${h}/${v}`;
    }"""
    where = page.evaluate(spoil, spoiled)
    _, faults = page.evaluate(FAULTS)
    assert faults and {fault.split()[0] for fault in faults} == {where}


def test_the_slides_hold_the_lesson(lesson, text):
    soup = BeautifulSoup(text, "html.parser")
    assert words(texts(soup, "div.code")) == words(sources(lesson, "code"))
    outputs = [output for cell in as_read(lesson).cells for output in cell.get("outputs", [])]
    printed = [o.get("text") or o.data["text/plain"] for o in outputs if only_text(o)]
    assert words(texts(soup, "pre.output")) == words(printed)
    pictures = sum("image/png" in output.get("data", {}) for output in outputs)
    pictures += "".join(sources(lesson, "markdown")).count("![")
    assert len(soup.select("div.picture")) == pictures
    for shown in soup.select("pre"):
        shown.decompose()
    said = soup.get_text()
    for source in sources(lesson, "markdown"):
        source = re.sub(r"<details>.*?</details>", "", source, flags=re.S)
        source = re.sub(r"^\d+\. ", "", source, flags=re.M)  # the browser writes a list's numbers
        for sentence in re.findall(r"^[\w ,]+[.:]", source, flags=re.M):  # those without a mark
            assert sentence in said


def texts(soup, selector):
    return [tag.get_text() for tag in soup.select(selector)]


def only_text(output):
    return not {"image/png", "text/html"} & set(output.get("data", {}))


def words(texts):
    return " ".join(texts).split()


def test_a_deck_is_one_file_with_the_speakers_words(lesson, text):
    soup = BeautifulSoup(text, "html.parser")
    assert soup.select("script[src], link[href], iframe[src], img:not([src^='data:'])") == []
    assert not re.search(r"url\(['\"]?https?:|@import", text)
    instructor = (NOTEBOOKS / "INSTRUCTOR.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", instructor, flags=re.M)
    (own,) = (part for part in section if part.startswith(lesson.name[:2]))
    (notes,) = texts(soup, "aside.notes")
    said = own.partition("**Say.** ")[2].partition("\n\n")[0]
    assert notes.split() == re.sub(r"[*`]", "", said).split()


def test_the_index_leads_to_every_deck(decks):
    index = (decks / "index.html").read_text(encoding="utf-8")
    linked = re.findall(r'href="(\w+\.html)"', index)
    assert linked == [f"{path.stem}.html" for path in LESSONS]
    assert all((decks / name).is_file() for name in linked)


def test_an_idea_that_is_too_long_goes_on_to_the_next_slide():
    text = maker.Text("<p>words</p>")
    for count, slides in ((5, 1), (24, 1), (29, 2), (70, 4)):
        lines = maker.Lines("output", ("x",) * count)
        filled = list(maker.fill(maker.Idea("title", [text, lines])))
        assert len(filled) == slides
        assert sum(len(slide.blocks[-1].lines) for slide in filled) == count
        assert all(maker.fit(slide.blocks, maker.DENSE) for slide in filled)


def test_code_is_set_as_large_as_it_fits():
    for width, lines, size in ((60, 5, "large"), (100, 5, "normal"), (100, 26, "dense")):
        code = maker.Lines("code", ("x" * width,) * lines)
        assert f'class="slide {size} ' in maker.Slide("title", [code]).html()
