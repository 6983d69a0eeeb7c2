"""Read, check and split loan applications in the schema of the public loan-status file."""

import csv
import difflib
import io
import math
import os
import re
import reprlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from sklearn.model_selection import train_test_split

ID = "Loan_ID"
TARGET = "Loan_Status"
CATEGORIES: dict[str, list] = {
    "Gender": ["Male", "Female"],
    "Married": ["Yes", "No"],
    "Dependents": ["0", "1", "2", "3+"],
    "Education": ["Graduate", "Not Graduate"],
    "Self_Employed": ["Yes", "No"],
    "Credit_History": [0.0, 1.0],
    "Property_Area": ["Urban", "Semiurban", "Rural"],
}
FEATURES: list[str] = [
    "Gender",
    "Married",
    "Dependents",
    "Education",
    "Self_Employed",
    "ApplicantIncome",
    "CoapplicantIncome",
    "LoanAmount",
    "Loan_Amount_Term",
    "Credit_History",
    "Property_Area",
]

_DATA = Path(__file__).resolve().parents[2] / "data"
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_SHOWN = 5  # lines, values or names in one problem, before the number of the rest

# What a file of another format begins with and contains, and what to do with it.
_OTHER_FORMATS = [
    (b"PK\x03\x04", b"xl/", "an Excel workbook; open it and save its table as 'CSV UTF-8'"),
    (b"\xd0\xcf\x11\xe0", b"", "an Excel workbook; open it and save its table as 'CSV UTF-8'"),
    (b"PK\x03\x04", b"", "a zip archive; unpack it and give the path of the CSV file inside"),
    (
        b"\x1f\x8b",
        b"",
        "compressed by gzip; unpack it by `gzip -d` and give the path of the result",
    ),
    (b"PAR1", b"", "a Parquet file; read it with pandas and write it by to_csv(path, index=False)"),
    (b"<", b"<html", "a web page; download the file that it shows, not the page"),
]
# Parts of names that are unlike ours but mean them, and other words for Yes and No.
_OTHER_NAMES = {"sex": "Gender", "marital": "Married", "approv": TARGET, "decision": TARGET}
_YES = ("1", "10", "true", "yes", "y", "approved", "accepted")
_NO = ("0", "00", "false", "no", "n", "rejected", "refused")


def _one_of(values: list) -> pa.Check:
    allowed = ", ".join(f"{value:g}" if isinstance(value, float) else value for value in values)
    return pa.Check.isin(values, error=f"must be one of {allowed}")


_POSITIVE = pa.Check.gt(0, error="must be greater than 0")
_NOT_NEGATIVE = pa.Check.ge(0, error="must be 0 or more")

# Nullable is what has gaps in the public file.
_SCHEMA = pa.DataFrameSchema(
    {
        ID: pa.Column(str, unique=True, report_duplicates="exclude_first"),
        "Gender": pa.Column(str, _one_of(CATEGORIES["Gender"]), nullable=True),
        "Married": pa.Column(str, _one_of(CATEGORIES["Married"]), nullable=True),
        "Dependents": pa.Column(str, _one_of(CATEGORIES["Dependents"]), nullable=True),
        "Education": pa.Column(str, _one_of(CATEGORIES["Education"])),
        "Self_Employed": pa.Column(str, _one_of(CATEGORIES["Self_Employed"]), nullable=True),
        "ApplicantIncome": pa.Column(float, _NOT_NEGATIVE),
        "CoapplicantIncome": pa.Column(float, _NOT_NEGATIVE),
        "LoanAmount": pa.Column(float, _POSITIVE, nullable=True),
        "Loan_Amount_Term": pa.Column(float, _POSITIVE, nullable=True),
        "Credit_History": pa.Column(float, _one_of(CATEGORIES["Credit_History"]), nullable=True),
        "Property_Area": pa.Column(str, _one_of(CATEGORIES["Property_Area"])),
        TARGET: pa.Column(str, _one_of(["Y", "N"])),
    }
)
_COLUMNS = list(_SCHEMA.columns)


class LoanDataError(ValueError):
    """A file of loan applications breaks rules; the message names them all and what to do.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    problems : list of str
        Every problem found, those of the whole file first. Each stands for all the lines that
        have it, and names the first five and the number of the others.
    """

    def __init__(self, path: str | os.PathLike, problems: list[str]):
        super().__init__(path, problems)
        self.path = path
        self.problems = problems

    def __str__(self) -> str:
        """Name the file and its problem, or its problems, each on a line of its own."""
        if len(self.problems) == 1:
            return f"{self.path}: {self.problems[0]}."
        listed = [f"\n  {number}. {text}." for number, text in enumerate(self.problems, start=1)]
        return f"{self.path} has {len(self.problems)} problems:{''.join(listed)}"


def load_loans(path: str | os.PathLike | None = None) -> pd.DataFrame:
    """Read loan applications from a CSV file and check them against the schema.

    Parameters
    ----------
    path : str or os.PathLike, optional
        A comma-separated UTF-8 file; ``~`` is the home folder. The line ends of any system, a
        byte-order mark and blank lines are accepted, and gaps are what pandas takes for gaps.
        Without it, the file that the environment variable ``LOANFLOW_DATA`` names; without that,
        the repository's ``data/loan_status.csv``.

    Returns
    -------
    pandas.DataFrame, shape (n_rows, 13), or (n_rows, 12) from a file without Loan_Status
        Columns in the order of the schema. Text is ``str``; every number is ``float64``, so that
        each of them can be missing: incomes a month, LoanAmount in thousands, Loan_Amount_Term in
        months, Credit_History 0 or 1.

    Raises
    ------
    LoanDataError
        If the file cannot be read or breaks a rule of the schema.
    """
    if path is not None:
        return _load(path, "check the path")
    if named := os.environ.get("LOANFLOW_DATA"):
        return _load(named, "correct or unset the environment variable LOANFLOW_DATA")
    return _load(
        _DATA / "loan_status.csv",
        "clone the repository, which contains it, or set LOANFLOW_DATA to the path of a CSV file",
    )


def load_new_applications(path: str | os.PathLike | None = None) -> pd.DataFrame:
    """Read the applications of the later period; like `load_loans`, without the variable.

    Parameters
    ----------
    path : str or os.PathLike, optional
        Without it, the repository's ``data/new_applications.csv``.

    Returns
    -------
    pandas.DataFrame, shape (n_rows, 13), or (n_rows, 12) from a file without Loan_Status
        As from `load_loans`.

    Raises
    ------
    LoanDataError
        If the file cannot be read or breaks a rule of the schema.
    """
    if path is not None:
        return _load(path, "check the path")
    return _load(
        _DATA / "new_applications.csv",
        "clone the repository, which contains it, or give the path of a CSV file",
    )


class Split(NamedTuple):
    """Applications for training and for testing; `y` is 1 for an approved loan, else 0."""

    X_train: pd.DataFrame
    X_test: pd.DataFrame
    y_train: pd.Series
    y_test: pd.Series


def split_loans(loans: pd.DataFrame, test_size: float = 0.25, seed: int = 0) -> Split:
    """Split applications at random into training and test rows with equal shares of approval.

    Parameters
    ----------
    loans : pandas.DataFrame, shape (n_rows, n_columns)
        Holds `FEATURES` and `TARGET`; other columns are left out.
    test_size : float
        Share of the rows to test on, strictly between 0 and 1.
    seed : int
        The same seed gives the same split.

    Returns
    -------
    Split
        `X` has the 11 columns of `FEATURES`; `y` is an ``int64`` series named ``Approved``. Rows
        keep their labels in the index.

    Raises
    ------
    ValueError
        If a column is missing, `TARGET` holds anything but both "Y" and "N", `test_size` is out of
        range, or the rarer outcome has too few rows to stand in both parts.
    """
    missing = [name for name in [*FEATURES, TARGET] if name not in loans.columns]
    if missing:
        raise ValueError(f"Only loans with the column {missing[0]} can be split; it is missing.")
    if not 0 < test_size < 1:
        raise ValueError(f"test_size is {test_size}; it must be between 0 and 1, both excluded.")
    counts = loans[TARGET].value_counts(dropna=False)
    if set(counts.index) != {"Y", "N"}:
        raise ValueError(
            f"{TARGET} holds {reprlib.repr(list(counts.index))}; "
            "to split loans it must hold 'Y' and 'N', both of them and nothing else."
        )
    n_test = math.ceil(len(loans) * test_size)
    # Stratifying rounds the expected number of rows; from one on, no part is left without.
    if counts.min() * min(n_test, len(loans) - n_test) < len(loans):
        raise ValueError(
            f"{len(loans)} rows, of them {counts['Y']} Y and {counts['N']} N, are too few to split "
            f"with test_size={test_size}; both parts need rows of both."
        )
    approved = loans[TARGET].eq("Y").astype("int64").rename("Approved")
    return Split(
        *train_test_split(
            loans[FEATURES], approved, test_size=test_size, random_state=seed, stratify=approved
        )
    )


def split_in_three(
    loans: pd.DataFrame, test_size: float = 0.25, seed: int = 0
) -> dict[str, tuple[pd.DataFrame, pd.Series]]:
    """Split applications into rows to fit on, rows to choose a model by, and rows to test it on.

    Parameters
    ----------
    loans, test_size, seed
        As in `split_loans`, which splits off the test rows, and from the rest the validation rows.

    Returns
    -------
    dict of str to (X, y)
        Under ``"train"``, ``"validation"`` and ``"test"``, in the shape of `split_loans`.

    Raises
    ------
    ValueError
        As `split_loans`.
    """
    outer = split_loans(loans, test_size, seed)
    inner = split_loans(loans.loc[outer.X_train.index], test_size, seed)
    return {
        "train": (inner.X_train, inner.y_train),
        "validation": (inner.X_test, inner.y_test),
        "test": (outer.X_test, outer.y_test),
    }


class _NotReadable(Exception):
    """The file has a problem that lets no other be looked for."""


def _load(path: str | os.PathLike, advice: str) -> pd.DataFrame:
    """Read and check one file; `advice` says what to do if it is not there."""
    path = os.path.expanduser(path)
    problems: list[str] = []
    try:
        header, table = _split_text(_read_text(path, advice, problems), problems)
        loans = _check_values(_name_columns(header, table, problems), problems)
    except _NotReadable as error:
        problems.append(str(error))
    if problems:
        raise LoanDataError(path, problems) from None
    return loans[[name for name in _COLUMNS if name in loans]].reset_index(drop=True)


def _read_text(path: str | os.PathLike, advice: str, problems: list[str]) -> str:
    """Read the file as text without byte-order mark, its lines ending in LF."""
    if re.match(r"\w\w+:/", str(path)):
        raise _NotReadable("this is a URL; download the file and give the path of your copy")
    if os.path.isdir(path):
        raise _NotReadable("this is a folder; give the path of a CSV file")
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        start = "" if os.path.isabs(path) else f" (a relative path starts from {Path.cwd()})"
        raise _NotReadable(f"there is no such file{start}; {advice}") from None
    except OSError as error:
        reason = f"the file cannot be read ({error.strerror}); check its permissions"
        raise _NotReadable(reason) from None
    for start, part, what in _OTHER_FORMATS:
        if content.startswith(start) and part in content:
            raise _NotReadable(f"this is {what}")

    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    bad = content.find(b"\xff" if encoding == "utf-16" else b"\0")
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        bad, text = error.start, content.decode("latin-1")
    if bad >= 0:
        line, byte = content.count(b"\n", 0, bad) + 1, f"0x{content[bad]:02x}"
        found = f"line {line}: the byte {byte} is not allowed in UTF-8 text"
        problems.append(f"{found}; save the file in the encoding UTF-8")
    if not text.strip("\ufeff\r\n\t "):
        raise _NotReadable("the file is empty; it needs a header and at least one row")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _split_text(text: str, problems: list[str]) -> tuple[list[str], pd.DataFrame]:
    """Split text into a header and a table of strings, its index the line in the file.

    Gaps are NaN. Lines that cannot be split, or without a value for each column, are noted and left
    out.
    """
    lines = {number: line for number, line in enumerate(text.split("\n"), 1) if line.strip()}
    top = next(iter(lines))
    separator = max(",;\t|", key=lines[top].count)
    if separator != ",":
        problems.append(f"the values are separated by {separator!r}; save it separated by commas")
    rows, broken = {}, []
    for number, line in lines.items():
        try:
            rows[number] = next(csv.reader([line], delimiter=separator, strict=True))
        except csv.Error:
            broken.append(number)
    if broken:
        problems.append(f"{_some('line', broken)}: correct the quotation marks or delete the line")
    if top in broken:
        raise _NotReadable("without its header, the file cannot be checked further")
    header = rows.pop(top)
    if not rows:
        problems.append(f"line {top + 1}: there are no rows below the header; add at least one")
    # Some programs name neither the row numbers in front nor what follows a comma at the end.
    if rows and {len(row) for row in rows.values()} == {len(header) + 1}:
        header.insert(0 if any(row[-1] for row in rows.values()) else len(header), "")
    for width in sorted({len(row) for row in rows.values()} - {len(header)}):
        wrong = [number for number, row in rows.items() if len(row) == width]
        problems.append(
            f"{_some('line', wrong)}: {width} value{'s' * (width > 1)} for {len(header)} columns; "
            "write one for each, and numbers without commas, or delete the line"
        )
    rows = [number for number, row in rows.items() if len(row) == len(header)]
    names = separator.join(map(str, range(len(header))))
    table = pd.read_csv(
        io.StringIO("\n".join([names, *(lines[number] for number in rows)])),
        sep=separator,
        dtype=str,
        skip_blank_lines=False,
    )
    table = table.set_axis(range(len(header)), axis="columns").set_axis(rows, axis="index")
    empty = table.isna().all(axis="columns")
    if empty.any():
        problems.append(f"{_some('line', table.index[empty])}: it has no values; delete the line")
    return header, table[~empty]


def _name_columns(header: list[str], table: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """Name the table's columns by the schema, as their header means it; leave the others out."""
    number = pd.to_numeric(table[0], errors="coerce")
    counts = len(table) > 0 and bool((number.diff()[1:] > 0).all()) and number.notna().all()
    if counts and not header[-1].strip() and set(table[len(header) - 1].dropna()) == {"Y", "N"}:
        header = [header[-1], *header[:-1]]
        problems.append(
            "line 1: each name stands one field too far to the left; "
            "move the empty name from the end of the line to its beginning"
        )
    missing = [name for name in _COLUMNS if name not in header]
    names = {header.index(name): name for name in _COLUMNS if name in header}
    for position, name in enumerate(header):
        if name in _COLUMNS and position not in names:
            problems.append(
                f"line 1, column {name!r}: field {position + 1} of the header repeats "
                f"field {header.index(name) + 1}; delete one of the two columns"
            )
    others = {p: name for p, name in enumerate(header) if name not in _COLUMNS}
    if renamed := _renamed(others, missing):
        pairs = [f"rename {header[position]!r} to {name}" for position, name in renamed.items()]
        problems.append(f"line 1: {_listed(pairs, len(pairs))}")
        names |= renamed
        missing = [name for name in missing if name not in renamed.values()]
    if not names:
        raise _NotReadable(f"line 1: it names no known column; begin with {','.join(_COLUMNS)}")

    others = [position for position in others if position not in renamed]
    nameless = [p for p in others if not header[p].strip() or header[p].startswith("Unnamed:")]
    if nameless:
        index = " (field 1 is an index, which counts the rows)" if counts and 0 in nameless else ""
        problems.append(
            f"line 1, {_some('field', [p + 1 for p in nameless])}: without a name{index}; "
            "delete the column (in pandas, save by to_csv(path, index=False))"
        )
    if unknown := [reprlib.repr(header[p]) for p in others if p not in nameless]:
        doubt = f", unless it is {_listed(missing, 13, 'or')} by another name" if missing else ""
        problems.append(
            f"line 1, {_some('column', unknown)}: not in the schema; delete the column{doubt}"
        )
    nullable = [name for name in missing if _SCHEMA.columns[name].nullable]
    full = [name for name in missing if name not in [ID, *nullable, TARGET]]
    for absent, how in [
        (
            [ID] if ID in missing else [],
            "with an id for each row, such as LP000001, LP000002 and so on",
        ),
        (nullable, "if need be with empty values"),
        (full, "with a value in each row"),
    ]:
        if absent:
            them = "them" if absent[1:] else "it"
            problems.append(f"line 1, {_some('column', absent, 13)}: missing; add {them}, {how}")
    return table[list(names)].set_axis(list(names.values()), axis="columns")


def _renamed(others: dict[int, str], missing: list[str]) -> dict[int, str]:
    """Find the column that is meant by each name, by position, where there is but one."""
    pairs = sorted(
        (distance, position, name)
        for position, other in others.items()
        for name in missing
        if (distance := _distance(other, name)) is not None
    )
    renamed: dict[int, str] = {}
    for distance, position, name in pairs:
        equal = [n for d, p, n in pairs if (d, p) == (distance, position)]
        free = [n for n in equal if n not in renamed.values()]
        if position not in renamed and free == [name]:
            renamed[position] = name
    return renamed


def _distance(other: str, name: str) -> int | None:
    """Return how far a name is from one of the schema: 0 to 2 letters, 3 for a part of it."""
    other, words = other.strip(), re.findall("[A-Z]+[a-z]*", name)
    letters, target = (re.sub("[^a-z0-9]", "", text.lower()) for text in (other, name))
    same = difflib.SequenceMatcher(None, letters, target, autojunk=False).get_matching_blocks()
    distance = max(len(letters), len(target)) - sum(block.size for block in same)
    if distance <= 2:
        return distance
    parts = re.findall("[A-Z]+(?![a-z])|[A-Z]?[a-z]+", other)
    if parts and {part.lower() for part in parts} <= {word.lower() for word in words}:
        return 3
    return 3 if any(n == name and part in letters for part, n in _OTHER_NAMES.items()) else None


def _check_values(table: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """Check the values of named columns, and turn to float64 what the schema wants as numbers."""
    loans = table.apply(lambda text: text.str.strip().replace("", np.nan))
    for name in table:
        if len(lines := table.index[table[name].notna() & (table[name] != loans[name])]):
            place = f"{_some('line', lines)}, column {name}"
            shown = _listed([reprlib.repr(v) for v in table[name][lines].unique()])
            problems.append(f"{place}: {shown} has white space around it; delete it")
    table = loans.copy()
    rules = []
    for name in [name for name in table if _SCHEMA.columns[name].dtype.type == np.float64]:
        numbers = table[name].where(table[name].str.fullmatch(_NUMBER)).astype("float64")
        numbers = numbers.where(np.isfinite(numbers))  # 1e400 is written in digits, too
        if len(lines := table.index[table[name].notna() & numbers.isna()]):
            rule = "must be a number in plain digits, such as 5000.5"
            rule = _SCHEMA.columns[name].checks[0].error if name in CATEGORIES else rule
            rules.append((name, rule, lines))
            numbers[lines] = 1.0  # which is right in each of these columns, so is not noted again
        loans[name] = numbers
    try:
        _SCHEMA.remove_columns([name for name in _COLUMNS if name not in loans]).validate(
            loans, lazy=True
        )
    except pa.errors.SchemaErrors as error:
        failures = error.failure_cases.groupby(["column", "check"], sort=False)["index"]
        rules += [(name, rule, list(lines)) for (name, rule), lines in failures]
    for name, rule, lines in sorted(rules, key=lambda found: _COLUMNS.index(found[0])):
        place = f"{_some('line', lines)}, column {name}"
        problems.append(f"{place}: {_advice(name, rule, table[name][lines])}")
    return loans


def _advice(name: str, rule: str, values: pd.Series) -> str:
    """Say what is wrong with the values of one column that break one rule, and what to do."""
    if rule == "not_nullable":
        fill = "" if name == TARGET else "fill it in or "
        return f"must not be empty; {fill}delete the line"
    shown = _listed([reprlib.repr(value) for value in values.unique()])
    if rule == "field_uniqueness":
        return f"{shown} is also on an earlier line; give each an id of its own or delete the line"
    empty = ", or empty" if _SCHEMA.columns[name].nullable else ""
    instead = {value: word for value in values.unique() if (word := _instead(value, name))}
    pairs = [f"{value!r} by {word}" for value, word in instead.items()]
    advice = f"; replace {_listed(pairs, len(pairs))}" if pairs else ""
    return f"{shown} {rule}{empty}{advice}"


def _instead(value: str, name: str) -> str | None:
    """Return the allowed value that another spelling means, if it is clear which."""
    letters = re.sub("[^a-z0-9]", "", value.lower())
    allowed = ["Y", "N"] if name == TARGET else CATEGORIES.get(name, [])
    if name == "Dependents" and re.fullmatch(_NUMBER, value) and float(value) >= 0:
        return "3+" if float(value) >= 3 else f"{float(value):.0f}"
    if allowed in (["Y", "N"], ["Yes", "No"]) and letters in _YES + _NO:
        return allowed[letters in _NO]
    like = [word for word in allowed if f"{word}".replace(" ", "").lower().startswith(letters)]
    return like[0] if letters and len(like) == 1 else None


def _listed(items: list[str], most: int = _SHOWN, word: str = "and") -> str:
    """Write a list as text, at most so many items of it, with the number of the rest."""
    items = [str(item) for item in items]
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most:,} more"]
    return f"{', '.join(items[:-1])} {word} {items[-1]}" if items[1:] else items[0]


def _some(kind: str, items, most: int = _SHOWN) -> str:
    """Name lines, columns or fields, at most so many, with the number of the rest."""
    return f"{kind}{'s' * (len(items) > 1)} {_listed(list(items), most)}"
