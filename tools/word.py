"""Turn the pages of the guide into one Word document: pandoc reads them, python-docx styles it."""

import posixpath
import re
import tempfile
from html import escape
from pathlib import Path

import docx
import pypandoc
from bs4 import BeautifulSoup, Tag
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table
from PIL import Image

FONT, MONOSPACED = "Arial", "Consolas"
WIDTH, HEIGHT = 17.0, 11.0  # centimetres: the text's width on A4, and the most that a picture gets
DOTS_PER_CM = 60  # of a picture, so that its text is about as large as the text around it
CHARACTER, PADDING = 0.18, 0.5  # centimetres that a table's cell needs
LONG_WORD = 20  # characters; a longer one, such as a line of code, may be broken in a table
ABOUT = "About this course"
CODE, OUTPUT, CELL, INLINE = "Source Code", "Output", "Table Text", "Verbatim Char"
#: Pandoc's names of the languages; text in another one, as what a cell printed, gets no colours.
LANGUAGES = {"ipython3": "python", "none": "bash", "text": "bash"}
ENTRY = """
<w:p {namespaces}><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{before}
  <w:hyperlink w:anchor="{anchor}" w:history="1">
    <w:r><w:t xml:space="preserve">{text}</w:t></w:r>
  </w:hyperlink>{after}
</w:p>
"""
CONTENTS_BEGIN = """
<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>
<w:r><w:instrText xml:space="preserve">TOC \\o "1-2" \\h \\z \\u</w:instrText></w:r>
<w:r><w:fldChar w:fldCharType="separate"/></w:r>
"""
PAGE_NUMBER = '<w:fldSimple {namespaces} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'
CONTENTS_END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def document_id(page: str, anchor: str = "") -> str:
    """Return the name that a page of the guide, or a place on it, has in the document."""
    return re.sub(r"[^\w-]", "-", f"{page}--{anchor}" if anchor else page)


def chapter(html: Path, page: str, pages: list[str]) -> str:
    """Return what a page says, as HTML that pandoc understands and whose ids are unique."""
    soup = BeautifulSoup((html / page).read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article")
    if page == pages[0]:
        article.h1.string = ABOUT  # its own title stands on the title page
    for gone in article.select("a.headerlink, style, .toctree-wrapper, .doors"):
        gone.decompose()
    for folded in article.select("details"):
        title = folded.summary.extract().get_text()
        folded.name = "p"
        folded.insert(0, BeautifulSoup(f"<em>{title}.</em> ", "html.parser"))
    for block in article.select("div[class^='highlight-']"):
        language = block["class"][0].removeprefix("highlight-")
        code = soup.new_tag("code", string=block.pre.get_text().rstrip("\n"))
        block.name, block.attrs = "pre", {"class": LANGUAGES.get(language, language)}
        block.clear()
        block.append(code)
    for picture in article.select("img"):
        picture["src"] = str((html / page).parent / picture["src"])
        picture["width"] = f"{picture_width(Path(picture['src'])):.1f}cm"
    for second in article.select("section > span[id]:empty"):  # another name of the heading
        second.find_next_sibling(re.compile("h[1-6]")).insert(0, second.extract())
    for named in article.select("[id]"):
        named["id"] = document_id(page, named["id"])
    for link in article.select("a[href]"):
        resolve(link, page, pages)
    article.name, article.attrs = "div", {"id": document_id(page)}
    return str(article)


def resolve(link: Tag, page: str, pages: list[str]) -> None:
    """Let a link of a page lead to the same place in the document; other sites stay."""
    if link["href"].startswith(("http:", "https:")):
        return
    file, _, anchor = link["href"].partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), file)) if file else page
    if target not in pages:
        raise ValueError(f"{page} links to {link['href']}, which is no page of the guide")
    link["href"] = "#" + document_id(target, anchor)


def picture_width(path: Path) -> float:
    """Return the width of a picture in centimetres: in proportion, and within the page."""
    with Image.open(path) as picture:
        width, height = picture.size
    return min(width / DOTS_PER_CM, WIDTH, HEIGHT * width / height)


def write_word(html: Path, pages: list[str], title: str, subtitle: str, target: Path) -> None:
    """Write these pages of the folder `html` as one document with title page, contents, styles."""
    body = "\n".join(chapter(html, page, pages) for page in pages)
    with tempfile.TemporaryDirectory() as folder:
        reference = Path(folder) / "reference.docx"
        pypandoc.convert_text("", "docx", format="html", outputfile=str(reference))
        shape(reference)
        said = {"title": title, "subtitle": subtitle, "toc-title": "Contents", "lang": "en-GB"}
        options = ["--toc", "--toc-depth=2", f"--reference-doc={reference}"]
        options += [f"--metadata={name}:{value}" for name, value in said.items()]
        pypandoc.convert_text(body, "docx", "html", outputfile=str(target), extra_args=options)
    finish(target)


def shape(reference: Path) -> None:
    """Give pandoc's own empty document the styles and the page of the guide."""
    document = docx.Document(str(reference))
    styles = document.styles
    for fonts in styles.element.iter(qn("w:rFonts")):  # the same on every machine
        fonts.attrib.clear()
        fonts.attrib.update({qn(f"w:{script}"): FONT for script in ("ascii", "hAnsi", "cs")})
    styles["Normal"].font.size = Pt(10)
    for name, size, gap in ((CODE, 8, 4), (OUTPUT, 8, 4), (CELL, 8.5, 1)):
        style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
        style.font.size = Pt(size)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(gap)
    for name in (CODE, OUTPUT):
        styles[name].font.name = MONOSPACED
        styles[name].paragraph_format.line_spacing = 1.0
    mark(styles[CODE], '<w:shd {namespaces} w:val="clear" w:fill="F3F3F3"/>')
    mark(
        styles[OUTPUT],
        '<w:pBdr {namespaces}><w:left w:val="single" w:sz="8" w:space="6" w:color="B0B0B0"/>'
        "</w:pBdr>",
    )
    for level, indent, gap in ((1, 0.0, 6), (2, 0.8, 0)):
        style = styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
        style.base_style = styles["Normal"]
        style.font.size, style.font.bold = Pt(10), level == 1
        layout = style.paragraph_format
        layout.keep_with_next = level == 1
        layout.left_indent = Cm(indent)
        layout.space_before, layout.space_after = Pt(gap), Pt(1)
        layout.tab_stops.add_tab_stop(Cm(WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    styles[INLINE].font.size = None  # that of the text around it
    styles[INLINE].font.name = MONOSPACED
    for name in ("Heading 1", "TOC Heading"):
        styles[name].paragraph_format.page_break_before = True
    for name, gap in (("Title", 7), ("Subtitle", 0.5)):
        styles[name].paragraph_format.space_before = Cm(gap)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21 - WIDTH) / 2)
    section.top_margin = section.bottom_margin = Cm(2)
    section.different_first_page_header_footer = True  # no number on the title page
    number = section.footer.paragraphs[0]
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    number._p.append(parse_xml(PAGE_NUMBER.format(namespaces=nsdecls("w"))))
    document.save(str(reference))


def mark(style: ParagraphStyle, xml: str) -> None:
    """Give a style a border or a ground, which must stand before its other properties."""
    style.element.get_or_add_pPr().insert(0, parse_xml(xml.format(namespaces=nsdecls("w"))))


def finish(target: Path) -> None:
    """Style what pandoc has no style for, and list the contents, which pandoc leaves to Word."""
    document = docx.Document(str(target))
    for paragraph in document.paragraphs:
        coloured = any(run.style.name.endswith("Tok") for run in paragraph.runs)
        if paragraph.style.name == CODE and not coloured:
            paragraph.style = OUTPUT
    for table in document.tables:
        fit(table)
    for picture in document.element.body.iter(qn("pic:cNvPr")):
        del picture.attrib["descr"]  # its path on this machine; readers have wp:docPr's text
    list_contents(document)
    document.save(str(target))


def fit(table: Table) -> None:
    """Give the columns of a table what their text needs, in proportion where that is too much."""
    columns = [[cell.text for cell in column.cells] for column in table.columns]
    wanted = [CHARACTER * max(map(len, texts)) + PADDING for texts in columns]
    words = [" ".join(texts).split() or [""] for texts in columns]
    least = [CHARACTER * min(LONG_WORD, max(map(len, texts))) + PADDING for texts in words]
    asked = sum(wanted) - sum(least)
    share = min(1.0, max(0.0, WIDTH - sum(least)) / asked) if asked else 0.0
    widths = [need + share * (want - need) for want, need in zip(wanted, least, strict=True)]
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width * min(1.0, WIDTH / sum(widths)))
        for cell in column.cells:
            cell.width = column.width
            for paragraph in cell.paragraphs:
                paragraph.style = CELL
                for run in paragraph.runs:
                    if run.style.name == INLINE:  # LibreOffice forgets the style's font in a table
                        run.font.name = MONOSPACED


def list_contents(document: Document) -> None:
    """Fill the table of contents; Word renews it when it opens the document."""
    headings = [p for p in document.paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    (contents,) = document.element.body.iter(qn("w:sdtContent"))
    contents.remove(contents[-1])
    for heading in headings:
        entry = ENTRY.format(
            namespaces=nsdecls("w"),
            style=f"toc{heading.style.name[-1]}",
            anchor=heading._p.getprevious().get(qn("w:name")),
            text=escape(heading.text),
            before=CONTENTS_BEGIN if heading is headings[0] else "",
            after=CONTENTS_END if heading is headings[-1] else "",
        )
        contents.append(parse_xml(entry))
