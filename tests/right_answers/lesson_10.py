"""Right answers to the exercise of lesson 10 in another style than the solutions'."""

from wrong_answers.lesson_10 import BURDEN

RIGHT = {
    "10.1": {
        "after a wrong try": BURDEN
        + """
mlflow.pyfunc.log_model(**options)
mlflow.pyfunc.log_model(**options, code_paths=[module])""",
        "in a run, with a script that holds everything": BURDEN
        + """
whole = lesson.folder / "whole.py"
text = burden.read_text().replace("from instalment import monthly", "")
whole.write_text(text.replace("class Burden", open(module).read() + "\\n\\nclass Burden"))
options["python_model"] = str(whole)
with mlflow.start_run(run_name="burden"):
    mlflow.pyfunc.log_model(**options)""",
    }
}
