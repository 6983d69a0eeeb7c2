import gzip
import math
import os
import pickle
import re
from itertools import product

import numpy as np
import pandas as pd
import pytest

from loanflow import data
from loanflow.data import (
    FEATURES,
    ID,
    TARGET,
    LoanDataError,
    load_loans,
    load_new_applications,
    split_in_three,
    split_loans,
)

COLUMNS = [ID, *FEATURES, TARGET]
HEADER = ",".join(COLUMNS)
NUMBERS = FEATURES[5:10]  # from the applicant's income to the credit history
NULLABLE = [
    "Gender",
    "Married",
    "Dependents",
    "Self_Employed",
    "LoanAmount",
    "Loan_Amount_Term",
    "Credit_History",
]
ROWS = [
    "A1,Male,No,0,Graduate,No,5849,0,128,360,1,Urban,Y",
    "A2,Female,Yes,3+,Not Graduate,Yes,4583.5,1508.0,66,12,0.0,Rural,N",
    "A3,Male,Yes,1,Graduate,No,0,0,17,480,1.0,Semiurban,Y",
]
GOOD = "\n".join([HEADER, *ROWS, ""])


def with_line(line, text):
    lines = GOOD.split("\n")
    lines[line - 1] = text
    return "\n".join(lines)


def with_value(column, value, line=3):
    fields = GOOD.split("\n")[line - 1].split(",")
    fields[COLUMNS.index(column)] = value
    return with_line(line, ",".join(fields))


def without_column(column):
    position = COLUMNS.index(column)
    rows = [line.split(",") for line in GOOD.splitlines()]
    return "\n".join(",".join(row[:position] + row[position + 1 :]) for row in rows)


def beside(*columns):
    return "\n".join(map(",".join, zip(*columns, strict=True)))


LINES = [HEADER, *ROWS]
NUMBER = "must be a number in plain digits"
WHITE = "has white space around it; delete it"
EMPTY = "must not be empty; fill it in or delete the line"
INDEX = (
    "line 1, field 1: without a name (field 1 is an index, which counts the rows); "
    "delete the column … to_csv(path, index=False)"
)
NAMELESS = "line 1, field 14: without a name; delete the column"
WORKBOOK = "this is an Excel workbook; open it and save its table as 'CSV UTF-8'"

#: For each bad file, what it holds and what its problems say, in order; … stands for other words.
BAD_FILES = {
    # the file as a whole
    "empty": ("", "the file is empty; it needs a header"),
    "only line ends": ("\n\n", "the file is empty"),
    "only a byte-order mark": ("\ufeff", "the file is empty"),
    "saved by a spreadsheet": (
        "\ufeff" + GOOD.replace("\n", "\r\n").replace(",", ";"),
        "separated by ';'; save it separated by commas",
    ),
    "Latin-1": (
        with_value("Gender", "Männlich").encode("latin-1"),
        "line 3: the byte 0xe4 … UTF-8",
        "column Gender: 'Männlich'",
    ),
    "Latin-1 in an id": (with_value(ID, "Ä2").encode("latin-1"), "line 3: the byte 0xc4"),
    "UTF-16": (GOOD.encode("utf-16"), "line 1: the byte 0xff … UTF-8"),
    "UTF-16, no mark": (GOOD.encode("utf-16-le"), "line 1: the byte 0x00 … UTF-8"),
    "NUL": (with_value("Gender", "Ma\0le"), "line 3: the byte 0x00"),
    "xlsx": (b"PK\x03\x04...xl/workbook.xml...", WORKBOOK),
    "xls": (b"\xd0\xcf\x11\xe0...", WORKBOOK),
    "zip": (b"PK\x03\x04...loans.csv...", "a zip archive; unpack it"),
    "gzip": (gzip.compress(GOOD.encode()), "compressed by gzip … gzip -d"),
    "Parquet": (b"PAR1...", "a Parquet file … to_csv"),
    "web page": ("<!DOCTYPE html>\n<html>...", "a web page; download the file"),
    # the header
    "semicolons": (GOOD.replace(",", ";"), "separated by ';'; save it separated by commas"),
    "tabs": (GOOD.replace(",", "\t"), r"separated by '\t'; save it separated by commas"),
    "no header": ("\n".join(ROWS), f"line 1: it names no known column; begin with {HEADER}"),
    "quotation mark in the header": ('"' + GOOD, "line 1: correct", "without its header"),
    "no rows": (HEADER + "\n", "line 2: there are no rows below the header; add"),
    "no rows, no line end": (HEADER, "line 2: there are no rows below the header"),
    "no ids": (without_column(ID), "line 1, column Loan_ID: missing … LP000001"),
    **{
        f"no {column}": (
            without_column(column),
            f"line 1, column {column}: missing; add it … "
            + ("empty values" if column in NULLABLE else "a value in each row"),
        )
        for column in FEATURES
    },
    "extra column": (
        beside(LINES, ["Notes", *"abc"]),
        "line 1, column 'Notes': not in the schema; delete the column",
    ),
    "nameless column": (beside(LINES, ["", *"123"]), NAMELESS),
    "index": (beside(["", *"012"], LINES), INDEX),
    "index twice": (beside(["Unnamed: 0", *"579"], LINES), INDEX),
    "index that the header leaves out": ("\n".join([HEADER, beside("012", ROWS)]), INDEX),
    "index and names shifted": (
        "\n".join([HEADER + ",", beside("012", ROWS)]),
        "move the empty name from the end of the line to its beginning",
        INDEX,
    ),
    "comma at the end": ("\n".join([HEADER, *(f"{row}," for row in ROWS)]), NAMELESS),
    "duplicated column": (
        beside(LINES, ["Gender", *["Male"] * 3]),
        "line 1, column 'Gender': field 14 of the header repeats field 2; delete one",
    ),
    **{
        name: (GOOD.replace(column, name, 1), f"line 1: rename {name!r} to {column}")
        for column, names in {
            "Gender": ["gender", " Gender", "GENDER", "Gendr", "Sex"],
            "Married": ["Maried", "Marital_Status"],
            "Dependents": ["Dependent"],
            "Self_Employed": ["Self-Employed", "self employed", "Self_ployed"],
            "ApplicantIncome": ["Applicant_Income", "Income"],
            "CoapplicantIncome": ["Co-Applicant Income", "Coaplicant_Income"],
            "LoanAmount": ["Loan_Amount", "Amount"],
            "Loan_Amount_Term": ["Term", "Loan_Term", "LoanAmountTerm"],
            "Credit_History": ["CreditHistory", "credit"],
            "Property_Area": ["Area", "Property"],
            TARGET: ["Status", "Loa0_Status", "loan_status", "Loan_Approved", "Approval"],
            ID: ["ID", "8Loan_ID", "loan id"],
        }.items()
        for name in names
    },
    "every name in lower case": (
        GOOD.replace(HEADER, HEADER.lower().replace("_", " ")),
        "rename 'loan id' to Loan_ID, rename 'gender' to Gender … "
        "and rename 'loan status' to Loan_Status",
    ),
    "another column instead": (
        GOOD.replace("Gender", "Purpose"),
        "line 1, column 'Purpose': not in the schema; delete the column, "
        "unless it is Gender by another name",
        "line 1, column Gender: missing",
    ),
    # the lines
    "field too many": (with_line(3, ROWS[1] + ",1"), "line 3: 14 values for 13 columns"),
    "field too few": (with_line(3, ROWS[1][:-2]), "line 3: 12 values for 13 columns"),
    "1,000": (with_value("LoanAmount", "1,000"), "line 3: 14 values … without commas"),
    "one field": (with_line(3, "A2"), "line 3: 1 value for 13 columns"),
    "only commas": (with_line(3, "," * 12), "line 3: it has no values; delete the line"),
    "open quote": (with_value("Gender", '"Male'), "line 3: correct the quotation marks"),
    "open quote on the last line": (
        with_value("Gender", '"Male', line=4),
        "line 4: correct the quotation marks",
    ),
    "only one column": (
        f"{ID}\nA1\n \nA2",
        "columns Gender, Married, Dependents, Self_Employed, LoanAmount, Loan_Amount_Term and Cred",
        "columns Education, ApplicantIncome, CoapplicantIncome and Property_Area: missing",
    ),
    "quoted line end": (with_value("Gender", '"Ma\nle"'), "line 3: correct", "line 4: 12 values"),
    # the values
    **{
        f"{column} {value}": (
            with_value(column, value),
            f"line 3, column {column}: {value!r} {rule.format(repr(value))}",
        )
        for column, values, rule in [
            ("Gender", ["Unknown"], "must be one of Male, Female, or empty"),
            ("Married", ["Unknown", "nay", "-"], "must be one of Yes, No, or empty"),
            ("Dependents", ["Unknown"], "must be one of 0, 1, 2, 3+, or empty"),
            ("Education", ["Unknown"], "must be one of Graduate, Not Graduate"),
            ("Self_Employed", ["Unknown"], "must be one of Yes, No, or empty"),
            ("Property_Area", ["Unknown"], "must be one of Urban, Semiurban, Rural"),
            (TARGET, ["Unknown"], "must be one of Y, N"),
            ("Credit_History", ["0.5", "12a"], "must be one of 0, 1, or empty"),
            # another spelling
            (TARGET, ["n", "0", "No", "False", "Rejected"], "must be one of Y, N; replace {} by N"),
            ("Property_Area", ["Semi-Urban", "semi"], "must be one of … replace {} by Semiurban"),
            ("Education", ["not graduate"], "must be one of … replace {} by Not Graduate"),
            ("Gender", ["F"], "must be one of … replace {} by Female"),
            ("Dependents", ["3", "3.0", "4"], "must be one of … 3+, or empty; replace {} by 3+"),
            # numbers
            ("ApplicantIncome", ["12a"], NUMBER),
            ("CoapplicantIncome", ["12a"], NUMBER),
            ("LoanAmount", ["12a", "inf", "-inf", "1e400", "1_000", "0x10"], NUMBER),
            ("LoanAmount", ["1.2.3", "-", "٣", "."], NUMBER),
            ("Loan_Amount_Term", ["12a"], NUMBER),
            ("ApplicantIncome", ["-0.5"], "must be 0 or more"),
            ("CoapplicantIncome", ["-0.5"], "must be 0 or more"),
            ("LoanAmount", ["0", "-1"], "must be greater than 0, or empty"),
            ("Loan_Amount_Term", ["0", "-1"], "must be greater than 0, or empty"),
            # white space
            (ID, ["A2 "], WHITE),
            ("Gender", [" Male", " "], WHITE),
            ("LoanAmount", [" 66", "66\t"], WHITE),
            (TARGET, ["N\u00a0"], WHITE),
        ]
        for value in values
    },
    "thousands, quoted": (
        with_value("LoanAmount", '"1,000"'),
        f"line 3, column LoanAmount: '1,000' {NUMBER}",
    ),
    **{
        f"{column} empty": (with_value(column, ""), f"line 3, column {column}: {EMPTY}")
        for column in COLUMNS
        if column not in [*NULLABLE, TARGET]
    },
    "outcome empty": (
        with_value(TARGET, ""),
        f"line 3, column {TARGET}: must not be empty; delete the line",
    ),
    "white space instead of a value": (
        with_value("Education", " "),
        f"line 3, column Education: ' ' {WHITE}",
        EMPTY,
    ),
    "duplicated id": (
        with_value(ID, "A1", line=4),
        "line 4, column Loan_ID: 'A1' is also on an earlier line; give each an id of its own",
    ),
    "id three times": (
        "\n".join([HEADER, *[ROWS[0].replace("A", "B", 1)] * 3]),
        "lines 3 and 4, column Loan_ID: 'B1' is also on an earlier line",
    ),
}


def error_from(path):
    with pytest.raises(LoanDataError) as caught:
        load_loans(path)
    error = caught.value
    # The reader sees a line for each problem and no chain of pandas and pandera errors above.
    count = len(error.problems)
    assert len(str(error).splitlines()) == (1 if count == 1 else 1 + count)
    assert all(line.endswith((".", "problems:")) for line in str(error).splitlines())
    assert error.__cause__ is None
    assert error.__suppress_context__
    return error


def write(path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", ["loans.csv", "neue Anträge.csv"])
@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_gets_one_clear_error(kind, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, *expected = BAD_FILES[kind]
    write(tmp_path / name, content)
    error = error_from(name)
    assert str(error).startswith(f"{name}{' has ' if expected[1:] else ': '}")
    for problem, said in zip(error.problems, expected, strict=True):
        assert all(part in problem for part in said.split(" … "))


def test_all_problems_are_named_each_once_with_its_lines(tmp_path):
    lines = [
        ",".join([*COLUMNS[:-1], "Notes"]),
        "A1,Male,No,0,Graduate,No,x,-1,128,360,1,Urban,Y",
        "A2,Male",
        "A3,Other,No,0,Graduate,No,5849,0,128,360,1,Urban,Y",
        "A1, Male,No,0,Graduate,No,5849,0,,360,1,,Y",
        *[f"B{n},Other,No,0,Graduate,No,5849,0,128,360,1,Urban,Y" for n in range(2000)],
    ]
    path = write(tmp_path / "loans.csv", "\n".join(lines))
    error = error_from(path)
    assert [problem.split(":")[0] for problem in error.problems] == [
        "line 3",
        "line 1, column 'Notes'",
        "line 5, column Gender",
        "line 5, column Loan_ID",
        "lines 4, 6, 7, 8, 9 and 1,996 more, column Gender",
        "line 2, column ApplicantIncome",
        "line 2, column CoapplicantIncome",
        "line 5, column Property_Area",
    ]
    listed = [f"\n  {number}. {text}." for number, text in enumerate(error.problems, 1)]
    assert str(error) == f"{path} has 8 problems:{''.join(listed)}"


def test_the_message_in_the_data_card_is_a_real_one(tmp_path):
    loans = load_loans(data._DATA / "loan_status.csv").replace({"Dependents": {"3+": "3"}})
    names = {"ApplicantIncome": "Applicant_Income", TARGET: "Status"}
    loans.rename(columns=names).to_csv(tmp_path / "loans.csv")
    message = str(error_from(tmp_path / "loans.csv")).replace(f"{tmp_path}{os.sep}", "")
    assert f"```text\n{message}\n```" in (data._DATA / "README.md").read_text(encoding="utf-8")


def test_only_the_first_of_many_unknown_names_and_values_are_shown(tmp_path):
    header = ",".join([*COLUMNS, *(f"x{n}" for n in range(20))])
    rows = [row.replace("Male", f"M{n}") + "," * 20 for n, row in enumerate(ROWS[:1] * 20)]
    rows = [row.replace("A1", f"A{n}") for n, row in enumerate(rows)]
    error = error_from(write(tmp_path / "loans.csv", "\n".join([header, *rows])))
    assert "columns 'x0', 'x1', 'x2', 'x3', 'x4' and 15 more: not in" in error.problems[0]
    assert "'M0', 'M1', 'M2', 'M3', 'M4' and 15 more must be one of" in error.problems[1]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        *[
            (url, "this is a URL; download the file and give the path of your copy.")
            for url in ["https://example.org/loans.csv", "file:///loans.csv", "s3://a/b"]
        ],
        (os.sep, "this is a folder; give the path"),
        pytest.param("x" * 5000, "the file cannot be read (", id="a name that the system refuses"),
    ],
)
def test_what_is_no_file_is_said_to_be_none(path, said):
    assert str(error_from(path)).startswith(f"{path}: {said}")


LOSES_NOTHING = {
    "CRLF": GOOD.replace("\n", "\r\n"),
    "CR": GOOD.replace("\n", "\r"),
    "mixed": GOOD.replace("\n", "\r\n", 2),
    "a byte-order mark": "\ufeff" + GOOD,
    "a byte-order mark and CRLF": "\ufeff" + GOOD.replace("\n", "\r\n"),
    "no last line end": GOOD.removesuffix("\n"),
    "no last line end, CRLF": GOOD.removesuffix("\n").replace("\n", "\r\n"),
    "blank last lines": GOOD + "\n\n",
    "blank last lines, CRLF": GOOD.replace("\n", "\r\n") + "\r\n\r\n",
    "white last line": GOOD + "  \n",
    "a blank first line": "\n" + GOOD,
    "a blank line within": GOOD.replace("\n", "\n\n", 2),
    "columns in another order": "\n".join(",".join(line.split(",")[::-1]) for line in LINES),
    "fields quoted": "\n".join('"' + line.replace(",", '","') + '"' for line in LINES),
}


@pytest.mark.parametrize("content", LOSES_NOTHING.values(), ids=LOSES_NOTHING)
def test_what_loses_nothing_is_accepted(content, tmp_path):
    pd.testing.assert_frame_equal(
        load_loans(write(tmp_path / "loans.csv", content)),
        load_loans(write(tmp_path / "good.csv", GOOD)),
    )


@pytest.mark.parametrize("gap", ["", "NA", "NaN", "nan", "NULL", "None", "N/A", "<NA>"])
def test_gaps_are_what_pandas_takes_for_gaps(gap, tmp_path):
    for column in NULLABLE:
        path = write(tmp_path / "loans.csv", with_value(column, gap))
        assert pd.read_csv(path)[column].isna().to_list() == [False, True, False]
        assert load_loans(path)[column].isna().to_list() == [False, True, False]


def test_a_long_value_is_shortened(tmp_path):
    error = error_from(write(tmp_path / "loans.csv", with_value("Gender", "x" * 10_000)))
    assert len(str(error)) < len(str(tmp_path)) + 150
    assert "line 3, column Gender: 'xxx" in str(error)


def test_the_error_survives_pickling(tmp_path):
    error = error_from(write(tmp_path / "loans.csv", with_value("Gender", "x")))
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert copy.problems == error.problems


def test_the_error_hides_the_one_that_it_is_raised_under():
    try:
        raise KeyError
    except KeyError:
        error_from("nowhere.csv")


def test_a_missing_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = str(error_from("nowhere.csv"))
    assert message.startswith("nowhere.csv: there is no such file")
    assert f"a relative path starts from {tmp_path}" in message
    assert "check the path" in message
    assert "relative" not in str(error_from(tmp_path / "nowhere.csv"))


def test_damaged_files_never_escape_the_check(tmp_path):
    """Whatever a few random edits leave behind loads as a table or gets the one error."""
    pieces = [b",", b'"', b"\n", b"\r", b" ", b"-", b"0", b".", b"e", b"\0", b"\xe4", b'""', b";"]
    random = np.random.default_rng(0)
    path = tmp_path / "loans.csv"
    outcomes = set()
    for _ in range(150):
        content = bytearray(GOOD.encode())
        for _ in range(random.integers(1, 4)):
            start = random.integers(len(HEADER) * random.integers(2), len(content))
            content[start : start + random.integers(3)] = random.choice(pieces)
        write(path, bytes(content))
        try:
            loans = load_loans(path)
        except LoanDataError as error:
            assert len(str(error).splitlines()) <= 1 + len(error.problems)
            outcomes.add("error")
        else:
            assert 0 < len(loans) <= 3  # an edit may have made a value of two lines' ends
            outcomes.add("table")
    assert outcomes == {"error", "table"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_pandas_writes_on_any_system_is_read_back(end, tmp_path, monkeypatch):
    """On Windows pandas ends lines by the system's CRLF."""
    monkeypatch.setattr(os, "linesep", end)
    loans = load_loans(data._DATA / "loan_status.csv").head(50)
    loans.to_csv(tmp_path / "loans.csv", index=False)
    assert (tmp_path / "loans.csv").read_bytes().count(end.encode()) == 51
    pd.testing.assert_frame_equal(load_loans(tmp_path / "loans.csv"), loans)


def test_a_good_file_is_read_and_left_as_it_is(tmp_path):
    path = write(tmp_path / "loans.csv", GOOD)
    loans = load_loans(path)
    assert path.read_bytes() == GOOD.encode()
    assert list(loans.columns) == COLUMNS
    assert loans.index.equals(pd.RangeIndex(3))
    for column in COLUMNS:
        assert loans[column].dtype == ("float64" if column in NUMBERS else "str")
    assert loans.iloc[1].to_list() == [
        *["A2", "Female", "Yes", "3+", "Not Graduate", "Yes"],
        *[4583.5, 1508.0, 66.0, 12.0, 0.0, "Rural", "N"],
    ]


@pytest.mark.parametrize(
    "text", ["5000", "5000.0", "0.1", "5849.37", "1e3", "+7", "7.", ".5", "123456789.123456789"]
)
def test_numbers_are_read_exactly(text, tmp_path):
    loans = load_loans(write(tmp_path / "loans.csv", with_value("ApplicantIncome", text)))
    assert loans.at[1, "ApplicantIncome"] == float(text)


def test_values_may_be_missing_where_the_public_file_has_gaps(tmp_path):
    row = "A1,,,,Graduate,,5849,0,,,,Urban,Y"
    loans = load_loans(write(tmp_path / "loans.csv", f"{HEADER}\n{row}\n"))
    assert loans.columns[loans.isna().all()].to_list() == NULLABLE
    for column in COLUMNS:
        assert loans[column].dtype == ("float64" if column in NUMBERS else "str")


def test_the_outcome_may_be_absent(tmp_path):
    loans = load_loans(write(tmp_path / "loans.csv", without_column(TARGET)))
    assert list(loans.columns) == COLUMNS[:-1]
    assert len(loans) == 3


@pytest.fixture
def one_file_for_each_source(tmp_path, monkeypatch):
    """Stand-ins for the argument, the environment variable and the repository: 1, 2, 3 rows."""
    paths = {}
    for n_rows, name in enumerate(["argument.csv", "environment.csv", "loan_status.csv"], start=1):
        paths[name] = write(tmp_path / name, "\n".join([HEADER, *ROWS[:n_rows]]))
    monkeypatch.setenv("LOANFLOW_DATA", str(paths["environment.csv"]))
    monkeypatch.setattr(data, "_DATA", tmp_path)
    return paths


def test_the_argument_comes_before_the_environment_and_that_before_the_repository(
    one_file_for_each_source, monkeypatch
):
    assert len(load_loans(one_file_for_each_source["argument.csv"])) == 1
    assert len(load_loans(str(one_file_for_each_source["argument.csv"]))) == 1
    assert len(load_loans()) == 2
    monkeypatch.setenv("LOANFLOW_DATA", "")
    assert len(load_loans()) == 3
    monkeypatch.delenv("LOANFLOW_DATA")
    assert len(load_loans()) == 3


def test_a_missing_default_file_says_where_to_get_it(one_file_for_each_source, monkeypatch):
    one_file_for_each_source["loan_status.csv"].unlink()
    monkeypatch.delenv("LOANFLOW_DATA")
    message = str(error_from(None))
    assert str(one_file_for_each_source["loan_status.csv"]) in message
    assert "clone the repository" in message
    assert "set LOANFLOW_DATA" in message


def test_a_missing_file_in_the_environment_names_the_variable(monkeypatch):
    monkeypatch.setenv("LOANFLOW_DATA", "nowhere.csv")
    message = str(error_from(None))
    assert message.startswith("nowhere.csv: ")
    assert "LOANFLOW_DATA" in message


def test_new_applications_take_no_notice_of_the_environment(one_file_for_each_source, tmp_path):
    assert len(load_new_applications(one_file_for_each_source["argument.csv"])) == 1
    with pytest.raises(LoanDataError, match=r"new_applications\.csv: .* clone the repository"):
        load_new_applications()
    write(tmp_path / "new_applications.csv", GOOD)
    assert len(load_new_applications()) == 3


def test_the_tilde_is_the_home_folder(tmp_path, monkeypatch):
    write(tmp_path / "loans.csv", GOOD)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert len(load_loans("~/loans.csv")) == 3
    monkeypatch.setenv("LOANFLOW_DATA", "~/loans.csv")
    assert len(load_loans()) == 3


def test_the_committed_files_load(monkeypatch):
    monkeypatch.delenv("LOANFLOW_DATA", raising=False)
    loans, new = load_loans(), load_new_applications()
    assert loans.shape == (5000, 13)
    assert new.shape == (2000, 13)
    assert not set(loans[ID]) & set(new[ID])


def make_loans(n_yes, n_no):
    """Return applications of the given outcomes, told apart by their incomes and index labels."""
    n_rows = n_yes + n_no
    loans = pd.DataFrame(1.0, columns=FEATURES, index=[f"row {i}" for i in range(n_rows)])
    loans["ApplicantIncome"] = np.arange(n_rows, dtype="float64")
    return loans.assign(**{ID: loans.index, TARGET: ["Y"] * n_yes + ["N"] * n_no})


def test_a_split_holds_each_row_once_beside_its_outcome():
    loans = make_loans(70, 30)
    split = split_loans(loans)
    assert (len(split.X_train), len(split.X_test)) == (75, 25)
    assert sorted([*split.X_train.index, *split.X_test.index]) == sorted(loans.index)
    for X, y in [(split.X_train, split.y_train), (split.X_test, split.y_test)]:
        assert list(X.columns) == FEATURES
        assert y.name == "Approved"
        assert y.dtype == "int64"
        assert X.index.equals(y.index)
        pd.testing.assert_frame_equal(X, loans.loc[X.index, FEATURES])
        assert (loans.loc[y.index, TARGET].map({"Y": 1, "N": 0}) == y).all()


@pytest.mark.parametrize("test_size", [0.1, 0.25, 0.5, 0.9])
def test_a_split_keeps_the_share_of_approval(test_size):
    split = split_loans(make_loans(140, 60), test_size)
    assert len(split.y_test) == 200 * test_size
    assert split.y_train.mean() == pytest.approx(0.7)
    assert split.y_test.mean() == pytest.approx(0.7)


def test_the_seed_decides_the_split():
    loans = make_loans(70, 30)
    first, again, other = (split_loans(loans, seed=seed) for seed in [0, 0, 1])
    assert first.X_test.index.equals(again.X_test.index)
    assert set(first.X_test.index) != set(other.X_test.index)


def test_a_split_leaves_its_input_as_it_is():
    loans = make_loans(7, 3)
    before = loans.copy(deep=True)
    split = split_loans(loans, 0.5)
    split.X_train["ApplicantIncome"] = -1.0
    split.X_test.iloc[:, :] = -1.0
    pd.testing.assert_frame_equal(loans, before)


@pytest.mark.parametrize("test_size", [0, 1, -0.1, 1.5, 10, math.nan])
def test_a_split_refuses_a_share_out_of_range(test_size):
    with pytest.raises(ValueError, match=f"test_size is {test_size}; it must be between 0 and 1"):
        split_loans(make_loans(7, 3), test_size)


@pytest.mark.parametrize("column", [TARGET, "LoanAmount"])
def test_a_split_refuses_loans_without_a_column(column):
    with pytest.raises(ValueError, match=f"with the column {column} can be split"):
        split_loans(make_loans(7, 3).drop(columns=column))


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [
        ("YYYY", ["Y"]),
        ("", []),
        ("YNyn", ["Y", "N", "y", "n"]),
        ([*"YYYNN", np.nan], ["Y", "N", np.nan]),
    ],
)
def test_a_split_refuses_anything_but_both_outcomes(outcomes, shown):
    loans = make_loans(len(outcomes), 0).assign(**{TARGET: list(outcomes)})
    sentence = f"Loan_Status holds {shown}; to split loans it must hold 'Y' and 'N'"
    with pytest.raises(ValueError, match=re.escape(sentence)):
        split_loans(loans)


def test_a_split_of_few_rows_has_both_outcomes_in_both_parts_or_is_refused():
    refused = 0
    for n_yes, n_no, test_size in product(range(1, 7), range(1, 7), [0.1, 0.25, 0.5, 0.7]):
        try:
            split = split_loans(make_loans(n_yes, n_no), test_size)
        except ValueError as error:
            assert f"of them {n_yes} Y and {n_no} N, are too few" in str(error)
            refused += 1
        else:
            assert set(split.y_train) == set(split.y_test) == {0, 1}
    assert 0 < refused < 6 * 6 * 4
    split_loans(make_loans(2, 2), 0.5)


def test_three_parts_hold_every_row_once_and_both_outcomes():
    loans = load_loans()
    parts = split_in_three(loans, test_size=0.2, seed=3)
    assert list(parts) == ["train", "validation", "test"]
    rows = [index for X, _ in parts.values() for index in X.index]
    assert sorted(rows) == list(loans.index)
    assert [len(X) for X, _ in parts.values()] == [3200, 800, 1000]
    for X, y in parts.values():
        assert X.index.equals(y.index)
        assert abs(y.mean() - 0.687) < 0.01
    assert parts["test"][0].equals(split_loans(loans, test_size=0.2, seed=3).X_test)
