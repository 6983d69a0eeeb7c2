"""Right answers to the exercises of lesson 15 in another style."""

from wrong_answers.lesson_15 import command, forest

RIGHT = {
    "15.1": {
        "all pins as requirements": forest(packages="*lines"),
        "given twice, the newest counts": forest(packages='"scikit-learn==1.9.1"') + forest(),
    },
    "15.2": {
        "short options": command("--publish ", "-p ")
        .replace("--env ", "-e ")
        .replace("--memory ", "-m "),
        "equals signs": command("--user 1000:1000", "--user=1000:1000"),
        "lower case, and true": command("--cap-drop ALL", "--cap-drop=all").replace(
            "no-new-privileges", "no-new-privileges:true"
        ),
        "memory in megabytes": command("--memory 2g", "--memory 2048m"),
        "a script of several lines": command(" --read-only", " \\\n  --read-only").replace(
            "docker run", "#!/bin/sh\\n# mended\\ndocker run", 1
        ),
        "given twice, the newest counts": command("--memory 2g ", "") + command(),
    },
}
