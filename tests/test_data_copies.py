"""Copies of the data as people pass them on: each loads, or gets advice that makes it load.

Public repositories hold dozens of copies of the loan-status file that differ in line ends, names,
extra columns and codes. Such copies are made here from the course's own data. A copy that is
refused is mended by doing what the message says, once and without knowing more, and then loads.
"""

import csv
import re
from functools import partial

import pandas as pd
import pytest

from loanflow import data
from loanflow.data import FEATURES, ID, TARGET, LoanDataError, load_loans

COLUMNS = [ID, *FEATURES, TARGET]


@pytest.fixture(scope="module")
def loans():
    """200 applications with each category and with gaps in each column that may have them."""
    return load_loans(data._DATA / "loan_status.csv").head(200)


def text_of(loans, **options):
    return loans.to_csv(index=False, lineterminator="\n", **options)


def edited(old, new, count=-1, **options):
    return lambda loans: text_of(loans, **options).replace(old, new, count)


def renamed(columns):
    return lambda loans: loans.rename(columns=columns)


def replaced(column, words):
    return lambda loans: loans.assign(**{column: loans[column].replace(words)})


def whole(loans):
    """Write whole numbers without a point, as the published file has them."""
    return loans.astype({name: "Int64" for name in loans.select_dtypes("float")})


def shifted(loans, separator=","):
    """Write the index and put the names above the fields to their left."""
    text = loans.to_csv(sep=separator).removeprefix(separator)
    return text.replace("\n", f"{separator}\n", 1)


def coded(loans):
    """Write numbers for words, as for a model, and leave the ids out."""
    codes = {
        "Gender": {"Male": "1", "Female": "0"},
        "Married": {"Yes": "1", "No": "0"},
        "Self_Employed": {"Yes": "1", "No": "0"},
        "Education": {"Graduate": "1", "Not Graduate": "0"},
        "Property_Area": {"Urban": "2", "Semiurban": "1", "Rural": "0"},
        "Dependents": {"3+": "4"},
        TARGET: {"Y": "1", "N": "0"},
    }
    names = {"Dependents": "Dependent", TARGET: "LoanStatus"}
    return loans.replace(codes).drop(columns=ID).rename(columns=names)


#: For each kind of copy, how it is made from a table; a table is then written by `to_csv`.
ACCEPTED = {
    "as pandas writes it": text_of,
    "whole numbers": whole,
    "CRLF": edited("\n", "\r\n"),
    "CR": edited("\n", "\r"),
    "CRLF, no last line end": lambda loans: text_of(loans).replace("\n", "\r\n")[:-2],
    "mixed line ends": edited("\n", "\r\n", 40),
    "byte-order mark": lambda loans: "\ufeff" + text_of(loans).replace("\n", "\r\n"),
    "blank last lines": lambda loans: text_of(loans) + "\n\n",
    "all quoted": partial(text_of, quoting=csv.QUOTE_ALL),
    "text quoted": partial(text_of, quoting=csv.QUOTE_NONNUMERIC),
    "gaps written NA": partial(text_of, na_rep="NA"),
    "gaps written nan": partial(text_of, na_rep="nan"),
    "other order": lambda loans: loans[COLUMNS[::-1]],
    "no outcome": lambda loans: loans.drop(columns=TARGET),
    "a part of the rows": lambda loans: loans[20:60],
    "filled": lambda loans: loans.ffill().bfill(),
}
REFUSED = {
    "index": lambda loans: loans.to_csv(lineterminator="\n"),
    "index twice": lambda loans: loans.reset_index(names="Unnamed: 0").to_csv(),
    "index of a part of the rows": lambda loans: loans.dropna().to_csv(),
    "index that the header leaves out": lambda loans: loans.to_csv().removeprefix(","),
    "index, names shifted": shifted,
    "index, names shifted, semicolons": lambda loans: shifted(loans, ";"),
    "index, quoted, gaps NA": lambda loans: loans.to_csv(na_rep="NA", quoting=csv.QUOTE_ALL),
    "index with a name": lambda loans: loans.to_csv(index_label="S.No"),
    "comma at the end": edited("\n", ",\n"),
    "comma at the end of the rows": lambda loans: (
        text_of(loans).replace("\n", ",\n").replace(",\n", "\n", 1)
    ),
    "empty columns and rows": lambda loans: text_of(loans).replace("\n", ",,,\n") + "," * 15 + "\n",
    "semicolons": partial(text_of, sep=";"),
    "semicolons, decimal commas": partial(text_of, sep=";", decimal=","),
    "tabs": partial(text_of, sep="\t"),
    "bars, CRLF": edited("\n", "\r\n", sep="|"),
    "UTF-16": lambda loans: text_of(loans, sep="\t").encode("utf-16"),
    "Latin-1": lambda loans: text_of(loans).replace("LP0010", "LPÄ10").encode("latin-1"),
    "names in lower case": renamed(str.lower),
    "names in upper case": renamed(str.upper),
    "names with spaces": renamed(lambda name: name.replace("_", " ")),
    "names with hyphens": renamed(lambda name: name.replace("_", "-")),
    "names without underscores": renamed(lambda name: name.replace("_", "")),
    "names with spaces around": renamed(lambda name: f" {name} "),
    "names in snake case": renamed(lambda name: re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()),
    "names with a letter less": renamed(lambda name: name[:3] + name[4:]),
    "names with two letters less": renamed(lambda name: name[:3] + name[5:]),
    "names with other letters": renamed(lambda name: "8" + name.replace("n", "0", 1)),
    "short names": renamed(
        {TARGET: "Status", "Property_Area": "Area", "Loan_Amount_Term": "Term", ID: "ID"}
    ),
    "sex and approval": renamed({"Gender": "Sex", TARGET: "Loan_Approved"}),
    "no ids": lambda loans: loans.drop(columns=ID),
    "no ids, but an index": lambda loans: loans.drop(columns=ID).to_csv(),
    "no area": lambda loans: loans.drop(columns="Property_Area"),
    "few columns": lambda loans: loans[[ID, "Gender", "Married", "ApplicantIncome", TARGET]],
    "more columns": lambda loans: loans.assign(
        TotalIncome=loans.ApplicantIncome, LoanAmount_log=1.5, EMI=2, **{"Balance Income": 3}
    ),
    "a column twice": lambda loans: text_of(pd.concat([loans, loans[["Gender"]]], axis="columns")),
    "a header twice": lambda loans: text_of(loans.head(0)) + text_of(loans),
    "rows twice": lambda loans: pd.concat([loans, loans.head(9)]),
    "outcomes partly empty": lambda loans: loans.assign(
        **{TARGET: loans[TARGET].where(loans.index % 3 > 0)}
    ),
    "outcomes in lower case": replaced(TARGET, {"Y": "y", "N": "n"}),
    "outcomes 1 and 0": replaced(TARGET, {"Y": "1", "N": "0"}),
    "outcomes 1.0 and 0.0": replaced(TARGET, {"Y": "1.0", "N": "0.0"}),
    "outcomes Yes and No": replaced(TARGET, {"Y": "Yes", "N": "No"}),
    "outcomes in words": replaced(TARGET, {"Y": "Approved", "N": "Rejected"}),
    "outcomes in other words": replaced(TARGET, {"Y": "paid", "N": "open"}),
    "dependents 3": replaced("Dependents", {"3+": "3"}),
    "dependents 4": replaced("Dependents", {"3+": "4"}),
    "dependents with a point": replaced(
        "Dependents", {"0": "0.0", "1": "1.0", "2": "2.0", "3+": "3.0"}
    ),
    "gaps Unknown": lambda loans: loans.fillna({"Gender": "Unknown"}),
    "gaps a space": partial(text_of, na_rep=" "),
    "gaps a question mark": partial(text_of, na_rep="?"),
    "gaps 0": lambda loans: loans.fillna({"LoanAmount": 0}),
    "gaps the mean": lambda loans: loans.fillna({"Credit_History": 0.84}),
    "areas spelled otherwise": replaced(
        "Property_Area", {"Semiurban": "Semi-urban", "Rural": "rural"}
    ),
    "spaces after commas": edited(",", ", "),
    "thousands": lambda loans: loans.assign(
        ApplicantIncome=loans.ApplicantIncome.map("{:,.0f}".format)
    ),
    "thousands, not quoted": edited(",0.0,", ",1,000,"),
    "currency": lambda loans: loans.assign(LoanAmount="$" + loans.LoanAmount.astype(str)),
    "all coded": coded,
    "a line cut off": lambda loans: text_of(loans)[:-25],
    "a quotation mark too many": edited(",Male", ',"Male', 1),
}


def made(make, loans):
    copy = make(loans)
    copy = text_of(copy) if isinstance(copy, pd.DataFrame) else copy
    return copy if isinstance(copy, bytes) else copy.encode()


#: What somebody may write where a value must be known, and is not.
FILLED = {"Property_Area": "Urban", "Education": "Graduate"}


def follow(content, problems):
    """Do once what the problems say, and no more; return the mended file."""
    said = ". ".join(problems)
    encoding = "utf-8-sig"
    if "save the file in the encoding UTF-8" in said:
        encoding = "utf-16" if content.startswith(b"\xff") else "latin-1"
    separator = re.search("separated by '(.*?)'; save it separated by commas", said)
    separator = separator[1].replace("\\t", "\t") if separator else ","
    quoted = "line {}: correct the quotation marks or delete the line"
    rows = {
        number: next(csv.reader([line], delimiter=separator))
        for number, line in enumerate(content.decode(encoding).splitlines(), start=1)
        if line.strip() and quoted.format(number) not in said
    }
    header = rows.pop(1)
    if all(len(row) == len(header) + 1 for row in rows.values()):
        header.insert(0 if rows[2][-1] else len(header), "")
    if "move the empty name from the end of the line to its beginning" in said:
        header.insert(0, header.pop())
    for width in re.findall(r": (\d+) values? for \d+ columns; [^;]* or delete the line", said):
        rows = {number: row for number, row in rows.items() if len(row) != int(width)}
    table = pd.DataFrame(rows.values(), columns=range(len(header)))
    if "it has no values; delete the line" in said:
        table = table[(table != "").any(axis="columns")]

    drop = []
    for problem in problems:
        place, _, rule = problem.partition(": ")
        if "delete the column" in rule and "field" in place:
            drop += [int(field) - 1 for field in re.findall(r"\d+", place.split("field")[1])]
        elif "delete the column" in rule:
            drop += [header.index(name) for name in re.findall("'(.*?)'", place)]
        elif repeated := re.match(r"field (\d+) of the header repeats", rule):
            drop.append(int(repeated[1]) - 1)
    for old, new in re.findall(r"rename '(.*?)' to (\w+)", said):
        header[header.index(old)] = new
    table = table.drop(columns=drop).set_axis(
        [name for position, name in enumerate(header) if position not in drop], axis="columns"
    )
    for names, how in re.findall(
        r"columns? ([\w, ]+): missing; add \w+, (with an id|with a|if)", said
    ):
        for name in re.split(", | and ", names):
            table[name] = {"with an id": [f"LP{n}" for n in range(len(table))], "if": ""}.get(
                how, FILLED.get(name, "0")
            )
    for problem in problems:
        if values := re.match(r"lines? [^:]*, column (\w+): (?!missing)(.*)", problem):
            table = mend(table, *values.groups())
    return table.to_csv(index=False).encode()


def mend(table, name, rule):
    """Do what a problem with the values of one column says."""
    values = table[name]
    words = {
        word.strip("'"): new for word, new in re.findall(r"('.*?') by (\S+?)(?=,|$| and )", rule)
    }
    otherwise = "" if ", or empty" in rule else None
    if "has white space around it; delete it" in rule:
        return table.assign(**{name: values.str.strip()})
    if "must not be empty" in rule and "delete the line" in rule:
        return table[~values.isin(["", "NA"])]
    if "is also on an earlier line" in rule and "delete the line" in rule:
        return table[~values.duplicated()]
    if allowed := re.search("must be one of (.*?)(, or empty)?(;|$)", rule):
        allowed = allowed[1].split(", ")
        right = values.isin([*allowed, "", "NA", *([] if words else ["0.0", "1.0"])])
        default = allowed[0] if otherwise is None else otherwise
        otherwise = values.map(lambda value: words.get(value, default))
    elif "must be a number in plain digits" in rule:
        right = values.str.fullmatch("[0-9]+([.][0-9]+)?|")
        otherwise = "0" if otherwise is None else ""
    elif "must be greater than 0" in rule:
        right = ~values.isin(["0", "0.0"])
    return table.assign(**{name: values.where(right, otherwise)})


def load(content, path):
    path.write_bytes(content)
    return load_loans(path)


@pytest.mark.parametrize("kind", ACCEPTED)
def test_a_copy_with_our_columns_and_values_loads(kind, loans, tmp_path):
    path = tmp_path / "copy.csv"
    read = load(made(ACCEPTED[kind], loans), path)
    expected = pd.read_csv(path, dtype={name: str for name in loans.select_dtypes("str")})
    expected = expected[read.columns].astype(read.dtypes)
    pd.testing.assert_frame_equal(read, expected)


@pytest.mark.parametrize("kind", REFUSED)
def test_advice_that_is_followed_once_makes_a_copy_load(kind, loans, tmp_path):
    content = made(REFUSED[kind], loans)
    with pytest.raises(LoanDataError) as refused:
        load(content, tmp_path / "copy.csv")
    read = load(follow(content, refused.value.problems), tmp_path / "mended.csv")
    assert len(read) > len(loans) / 3
    assert (TARGET in read) == (TARGET in loans)
