"""The checks of lesson 00."""

from classroom.exercises import exercise, require
from loanflow.data import TARGET, load_loans, split_loans

FIRST_SPLIT = {"logistic", "logistic, stronger penalty", "tree 2", "tree 4", "tree 6", "tree 10"}
SECOND_SPLIT = {"forest 1", "forest 10", "boosting", "boosting, tuned"}


@exercise("0.1")
def check_accuracy_of_the_rule(answer) -> None:
    """Compare with the rule's accuracy on all applications."""
    loans = load_loans()
    history, approved = loans["Credit_History"], loans[TARGET] == "Y"
    right = (history != 0) == approved
    require(answer is not None, "The variable `answer` is still None.")
    try:
        answer = float(answer)
    except (TypeError, ValueError):
        require(False, "`answer` is not a number.")
    require(0 <= answer <= 1, "A share lies between 0 and 1.")
    if abs(answer - right.mean()) < 0.0006:
        return
    on_test_rows = right.loc[split_loans(loans).X_test.index].mean()
    for mistaken, missing in {
        on_test_rows: "That is the accuracy on the test rows. Use all applications.",
        (
            (history == 1) == approved
        ).mean(): "Your rule rejects applications without a history. Ours approves them.",
    }.items():
        require(abs(answer - mistaken) >= 0.0006, missing)
    require(False, "That is not the rule's accuracy on all rows.")


@exercise("0.2")
def check_notes_on_the_second_split(answer) -> None:
    """Compare with the notes written after the second call of split_loans."""
    require(not isinstance(answer, str), "One name is not enough; `answer` must be a list.")
    require(hasattr(answer, "__iter__"), "`answer` must be a list of names.")
    answer = set(map(str, answer))
    require(bool(answer), "The list `answer` is still empty.")
    unknown = sorted(answer - FIRST_SPLIT - SECOND_SPLIT)
    require(not unknown, f"No note has the name {', '.join(map(repr, unknown))}.")
    require(answer <= SECOND_SPLIT, "At least one of these was measured on the first split.")
    require(answer == SECOND_SPLIT, "At least one more was measured on the second split.")
