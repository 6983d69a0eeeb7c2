"""Read, check and split loan applications in the schema of the public loan-status file."""

import csv
import io
import math
import os
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
        TARGET: pa.Column(str, _one_of(["Y", "N"]), required=False),
    },
    strict=True,
)
_COLUMNS = list(_SCHEMA.columns)


class LoanDataError(ValueError):
    """A file of loan applications breaks a rule; the message is one sentence.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    problems : list of str
        Every problem found, in file order; the message names the first and counts the others.
    """

    def __init__(self, path: str | os.PathLike, problems: list[str]):
        super().__init__(path, problems)
        self.path = path
        self.problems = problems

    def __str__(self) -> str:
        """Name the file, the first problem, and the number of the others."""
        others = len(self.problems) - 1
        more = f" (and {others:,} more problem{'s' if others > 1 else ''})" if others else ""
        return f"{self.path}: {self.problems[0]}{more}."


class _Problems:
    """What is wrong with one file, at most one problem for each place in it."""

    def __init__(self, path: Path):
        self.path = path
        self.header: list[str] = []
        self._found: dict[tuple[int, int], str] = {}

    def add(self, line: int, position: int, text: str) -> None:
        """Note a problem at a column's position; the line as a whole comes before, below 0."""
        self._found.setdefault((line, position), text)

    def add_value(self, line: int, column: str, value: str | float, rule: str) -> None:
        """Note a value that breaks a rule; NaN is an empty field."""
        shown = reprlib.repr(value) if isinstance(value, str) else "the value"
        place = f"line {line}, column {column}"
        self.add(line, self.header.index(column), f"{place}: {shown} {rule}")

    def __bool__(self) -> bool:
        return bool(self._found)

    def error(self) -> LoanDataError:
        return LoanDataError(self.path, [text for _, text in sorted(self._found.items())])


def load_loans(path: str | os.PathLike | None = None) -> pd.DataFrame:
    """Read loan applications from a CSV file and check them against the schema.

    Parameters
    ----------
    path : str or os.PathLike, optional
        A comma-separated UTF-8 file with LF line ends; ``~`` is the home folder. Without it, the
        file that the environment variable ``LOANFLOW_DATA`` names; without that, the repository's
        ``data/loan_status.csv``.

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


def _load(path: str | os.PathLike, advice: str) -> pd.DataFrame:
    """Read and check one file; `advice` says what to do if it is not there."""
    problems = _Problems(Path(os.path.expanduser(path)))
    table = _split_text(_read_text(problems, advice), problems)
    loans = _convert_numbers(table, problems)
    _check_schema(loans, table, problems)
    if problems:
        raise problems.error() from None
    return loans[[name for name in _COLUMNS if name in loans]].reset_index(drop=True)


def _read_text(problems: _Problems, advice: str) -> str:
    """Read the file as UTF-8 text without byte-order mark and with LF line ends."""
    path = problems.path

    def refuse(text: str, line: int = 0) -> LoanDataError:
        problems.add(line, -1, text)
        return problems.error()

    if os.path.isdir(path):  # unlike Path.is_dir, does not raise on a name that is too long
        raise refuse("this is a folder; give the path of a CSV file") from None
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        start = "" if path.is_absolute() else f" (a relative path starts from {Path.cwd()})"
        raise refuse(f"there is no such file{start}; {advice}") from None
    except OSError as error:
        raise refuse(f"the file cannot be read ({error.strerror}); check its permissions") from None

    try:
        text = content.decode("utf-8")
        bad = content.find(b"\0")
    except UnicodeDecodeError as error:
        bad = error.start
    if bad >= 0:
        before = content[:bad].split(b"\n")
        line, position = len(before), before[-1].count(b",")
        header = before[0].decode("utf-8-sig").split(",") if line > 1 else []
        column = f", column {header[position].strip()}" if position < len(header) else ""
        raise refuse(
            f"line {line}{column}: the byte 0x{content[bad]:02x} is not allowed in UTF-8 text; "
            "save the file in the encoding UTF-8",
            line,
        ) from None
    if text.startswith("\ufeff"):
        problems.add(
            1,
            -3,
            "line 1: the file begins with a byte-order mark; "
            "save it as UTF-8 without one ('UTF-8', not 'UTF-8 with BOM')",
        )
        text = text.removeprefix("\ufeff")
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        problems.add(
            line,
            -2,
            f"line {line}: it ends in a carriage return, as on Windows (CRLF); "
            "save the file with Unix line ends (LF)",
        )
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise refuse("the file is empty; it needs a header and at least one row") from None
    return text


def _split_text(text: str, problems: _Problems) -> pd.DataFrame:
    """Split text into a table of strings, its index the line in the file; gaps are NaN.

    Lines that do not have a value for each column are noted and left out.
    """
    lines = text.removesuffix("\n").split("\n")
    rows = csv.reader(lines, strict=True)
    widths: list[int] = []
    try:
        for row in rows:
            if rows.line_num > len(widths) + 1:
                raise csv.Error("a quotation mark is not closed")
            if not widths:
                problems.header = row
            widths.append(len(row))
    except csv.Error as error:
        line = len(widths) + 1
        problems.add(
            line,
            -1,
            f"line {line}: it is not comma-separated values ({error}); correct its quotation marks",
        )
        if line == 1:
            raise problems.error() from None
        del lines[line - 1 :]

    _check_header(lines[0], problems)
    if len(widths) == 1:
        problems.add(2, -1, "line 2: there are no rows below the header; add at least one")
    complete = np.array(widths) == len(problems.header)
    for line in np.flatnonzero(~complete) + 1:
        width = widths[line - 1]
        problems.add(
            line,
            -1,
            f"line {line}: it has {width} value{'' if width == 1 else 's'} "
            f"for {len(problems.header)} columns; write one for each, and numbers without commas"
            if width
            else f"line {line}: it is empty; delete the line",
        )
    table = pd.read_csv(
        io.StringIO("\n".join(line for line, keep in zip(lines, complete, strict=True) if keep)),
        dtype=str,
        keep_default_na=False,  # "NA" or "None" is an unknown category, not a gap
        na_values=[""],
        skip_blank_lines=False,
    )
    table.columns = problems.header
    table.index = np.flatnonzero(complete)[1:] + 1
    return table.loc[:, ~table.columns.duplicated()]


def _check_header(line: str, problems: _Problems) -> None:
    """Refuse a header that names no column of the schema; note each column that occurs again."""
    header = problems.header
    if not set(header) & set(_COLUMNS):
        separator = next((mark for mark in ";\t|" if mark in line), None)
        if separator:
            found, advice = f"is separated by {separator!r}", "save the file separated by commas"
        else:
            found, advice = "names no known column", f"begin with {','.join(_COLUMNS)}"
        problems.add(1, 0, f"line 1: the header {found}; {advice}")
        raise problems.error() from None
    for position, name in enumerate(header):
        first = header.index(name)
        if first < position:
            place = f"line 1, column {reprlib.repr(name)}"
            repeat = f"field {position + 1} of the header repeats field {first + 1}"
            problems.add(1, position, f"{place}: {repeat}; delete one of them")


def _convert_numbers(table: pd.DataFrame, problems: _Problems) -> pd.DataFrame:
    """Turn the columns that the schema wants as numbers from text to float64."""
    loans = table.copy()
    for name in table.columns.intersection(_COLUMNS):
        text = table[name]
        for line, value in text[text.notna() & (text != text.str.strip())].items():
            problems.add_value(line, name, value, "has white space around it; delete it")
        if _SCHEMA.columns[name].dtype.type == np.float64:
            numbers = text.where(text.str.fullmatch(_NUMBER)).astype("float64")
            loans[name] = numbers.where(np.isfinite(numbers))  # 1e400 is written in digits, too
            for line, value in text[text.notna() & loans[name].isna()].items():
                rule = "must be a number in plain digits, such as 5000 or 5000.5"
                problems.add_value(line, name, value, rule)
    return loans


def _check_schema(loans: pd.DataFrame, table: pd.DataFrame, problems: _Problems) -> None:
    """Check columns, types and values against the schema; `table` holds the text to show."""
    try:
        _SCHEMA.validate(loans, lazy=True)
        return
    except pa.errors.SchemaErrors as error:
        failures = error.failure_cases
    of_columns = failures["check"].isin(["column_in_dataframe", "column_in_schema"])
    for name in failures.loc[of_columns, "failure_case"]:
        if name in _COLUMNS:
            position = len(problems.header) + _COLUMNS.index(name)
            problems.add(1, position, f"line 1, column {name}: it is missing; add it")
        else:
            place = f"line 1, column {reprlib.repr(name)}"
            position = problems.header.index(name)
            problems.add(1, position, f"{place}: it is not in the schema; delete it")

    failures = failures[~of_columns]
    texts = table[failures["column"].unique()].to_dict()
    first_lines = {value: line for line, value in reversed(texts.get(ID, {}).items())}
    for name, line, rule in failures[["column", "index", "check"]].itertuples(index=False):
        value = texts[name][line]
        if rule == "not_nullable":
            rule = "must not be empty; fill it in"
        elif rule == "field_uniqueness":
            rule = f"is also on line {first_lines[value]}; give each application an id of its own"
        elif _SCHEMA.columns[name].nullable:
            rule += " or empty"
        problems.add_value(line, name, value, rule)
