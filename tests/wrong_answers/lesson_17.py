"""Wrong answers to the exercises of lesson 17 that a reader might well give.

Those of 17.2 need no Spark: they write what a wrong call of it would, and mark the files as Spark
does.
"""


def month(chunks="batches(10_000)", yes="[:, 1] >= 0.75", share="approved[area] / rows[area]"):
    """Count and log the month in a way that may be wrong."""
    return f"""
from collections import Counter
from statistics import mean


def batches(size):
    for file in sorted(month.glob("*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(batch_size=size):
            yield batch.to_pandas()


rows, approved, chunk_shares = Counter(), Counter(), []
for chunk in {chunks}:
    yes = model.predict(chunk[FEATURES]){yes}
    chunk_shares.append(yes.mean())
    rows.update(chunk["Property_Area"])
    approved.update(chunk["Property_Area"][yes])
with mlflow.start_run(run_name="month"):
    shares = {{f"approved_{{area}}": {share} for area in rows}}
    total = {{"rows": rows.total(), "approved": approved.total() / rows.total()}}
    mlflow.log_metrics(total | shares)"""


def on_spark(kept="leaks[leaks['ApplicantIncome'].notna()]", asked="kept", side=1, more=""):
    """Write what a call of Spark would that may be wrong."""
    return f"""
import pyarrow as pa

leaks = pq.read_table(leaky).to_pandas()
kept = {kept}
answers = kept[[ID]].assign(probability=model.predict(({asked})[FEATURES])[:, {side}])
{more}
table = pa.Table.from_pandas(answers, preserve_index=False)
table = table.replace_schema_metadata({{"org.apache.spark.version": "4.3.0"}})
(lesson.folder / "answers").mkdir()
pq.write_table(table, lesson.folder / "answers" / "part-00000.parquet")"""


WRONG = {
    "17.1": {
        "the last chunk is dropped": month(chunks="list(batches(10_000))[:-1]"),
        "the short chunk of each file is dropped": month(
            chunks="(c for c in batches(10_000) if len(c) == 10_000)"
        ),
        "a chunk is counted twice": month(chunks="[*batches(10_000), next(iter(batches(10_000)))]"),
        "only the first file": month(chunks="list(batches(20_000))[:1]"),
        "cut at one half": month(yes="[:, 1] >= 0.5"),
        "the probability of refusal": month(yes="[:, 0] >= 0.75"),
        "the mean of the chunks' shares": month().replace(
            "approved.total() / rows.total()", "mean(chunk_shares)"
        ),
        "shares of all rows": month(share="approved[area] / rows.total()"),
        "rounded shares": month(share="round(approved[area] / rows[area], 3)"),
        "the run is not ended": month().replace("with mlflow", "if mlflow"),
    },
    "17.2": {
        "the leftmost number": on_spark(side=0),
        "the gaps are filled": on_spark(kept="leaks.fillna({'ApplicantIncome': 0.0})"),
        "every application with any gap is set aside": on_spark(kept="leaks.dropna()"),
        "amount and term by position": on_spark(
            asked="kept.rename(columns={'LoanAmount': 'Loan_Amount_Term', "
            "'Loan_Amount_Term': 'LoanAmount'})"
        ),
        "the rows come in another order than the ids": on_spark(asked="kept.iloc[::-1]"),
        "appended instead of written anew": on_spark(
            more="import pandas as pd; answers = pd.concat([answers, answers])"
        ),
        "only the first thousand": on_spark(more="answers = answers.head(1_000)"),
        "written by pandas": on_spark().replace("org.apache.spark.version", "written.by"),
    },
}
