"""Put one version before the gate, as a job does that is the only promoter.

    python promote.py loans 2 --rows examination.csv --why "cheaper decisions" --by Ada

MLFLOW_TRACKING_URI names the registry. The exit code is 0 after a promotion, 1 after a refusal, and
2 where nothing could be examined.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from loan_promotion import Refused, promote

from loanflow.data import load_loans


def main():
    """Promote, or say why not; return the exit code."""
    parser = argparse.ArgumentParser(description="Promote a version, if it passes the gate.")
    parser.add_argument("model", help="the registered model")
    parser.add_argument("version")
    parser.add_argument("--rows", required=True, help="CSV file of applications with outcomes")
    parser.add_argument("--why", required=True)
    parser.add_argument("--by", required=True, help="who asks for it")
    asked = parser.parse_args()
    try:
        rows = load_loans(asked.rows)
        version = promote(asked.model, asked.version, rows, asked.why, asked.by)
    except Refused as refused:
        return tell(1, f"Version {asked.version} of {asked.model} is refused.", *refused.reasons)
    except (ValueError, OSError) as error:
        return tell(2, f"Nothing was examined. {error}")
    over = version.tags["promoted.over"]
    return tell(0, f"Version {asked.version} of {asked.model} replaces version {over}.")


def tell(code, *sentences):
    """Print sentences, add them to the summary that GitHub shows, and return the exit code."""
    print(*sentences, sep="\n")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as file:
            print(*sentences, sep="\n\n", file=file)
    return code


if __name__ == "__main__":
    sys.exit(main())
