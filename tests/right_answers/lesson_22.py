"""Right answers to the exercises of lesson 22 in another style than that of the solutions."""

RIGHT = {
    "22.1": {
        "months in another order": """
rows = pd.concat([of(7, 6), of(5, 4), of(3)]).drop(columns="month")
fifth = loan_life.register(NAME, *loan_life.train(lesson, rows, "late", "boosting", test_size=0.1))
loan_life.put_forward(NAME, fifth, pd.concat([of(9), of(8)]), "recent rows only", "Ada")""",
        "every cell run twice": """
for _ in range(2):
    rows = of(3, 4, 5, 6, 7).drop(columns="month").reset_index(drop=True)
    trained = loan_life.train(lesson, rows, "late", "boosting", test_size=0.1)
    fifth = loan_life.register(NAME, *trained)
    loan_life.put_forward(NAME, fifth, of(8, 9).reset_index(drop=True), "recent", "Ada")""",
    },
    "22.2": {
        "in the kernel, after a wrong one": """
from loanflow.data import FEATURES

with mlflow.start_run(run_name="review"):
    mlflow.log_table(pd.DataFrame({"Loan_ID": ["LP000000"]}), "review.json")
told = mlflow.load_table("decisions.json", extra_columns=["tags.version"])
told = told[told["tags.version"].astype(int) == 4].merge(new, on="Loan_ID")
model = mlflow.pyfunc.load_model(f"models:/{NAME}@champion")
other = model.predict(told[FEATURES])["decision"].to_numpy() != told["decision"].to_numpy()
with mlflow.start_run(run_name="review"):
    mlflow.log_table(told.loc[other, ["Loan_ID"]], "review.json")""",
    },
}
