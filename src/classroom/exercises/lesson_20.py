"""The checks of lesson 20."""

import mlflow

from classroom.exercises import exercise, require
from classroom.exercises.runs import champion_of, search, time_with_zone
from classroom.workspace import Lesson

NAME = "loans-rollout"
TRIED = "rollout.run"  # the tag of the registered model while a trial is on


@exercise("20.1")
def check_rollback(lesson: Lesson) -> None:
    """Look at the champion, and at the tags of the version that lost its place."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    champion = champion_of(NAME, lesson)
    tags = client.get_model_version(NAME, "2").tags
    require("promoted.over" in tags, "Version 2 has lost its tag 'promoted.over'.")
    due = tags["promoted.over"]
    for key in ("at", "by", "why", "to"):
        told = tags.get(f"rolled_back.{key}")
        require(told is not None, f"Version 2 has no tag 'rolled_back.{key}'.")
        require(told.strip() != "", f"The tag 'rolled_back.{key}' of version 2 is empty.")
    require(int(champion.version) != 2, "Version 2 is still the champion.")
    require(str(champion.version) == due, f"Version {champion.version} is the champion.")
    told = tags["rolled_back.to"]
    require(told == due, f"rolled_back.to is {told!r}; the champion is version {due}.")
    zoned = time_with_zone(tags["rolled_back.at"])
    require(zoned, "rolled_back.at is not a time with a time zone.")
    strange = [key for key in champion.tags if key.startswith("rolled_back.")]
    require(not strange, "The new champion has a rolled_back.* tag, but was not rolled back.")


@exercise("20.2")
def check_canary(lesson: Lesson) -> None:
    """Look at the newest trial of version 3 with a share of a fifth, and at the champion."""
    asked = "params.challenger = '3' AND params.share = '0.2'"
    runs = search(lesson.tracking_uri, lesson.name, asked)
    require(len(runs) > 0, "There is no trial of version 3 with a share of 0.2 in this experiment.")
    run = max(runs, key=lambda run: run.info.start_time)
    told, settings = run.data.tags, run.data.params
    require(settings["mode"] == "canary", f"The newest trial is a {settings['mode']}.")
    require(settings["answers"] == "200", f"It was started for {settings['answers']} answers.")
    require(
        "verdict" in told,
        "The trial has no verdict. Keep a front running and wait until the trial ends.",
    )
    counted = run.data.metrics.get("answers/challenger", 0) > 0
    require(counted, "No front has counted an answer of version 3 in this trial.")
    ended = told["verdict"] == "worse"
    require(ended, f"The rule did not end it; its verdict is {told['verdict']!r}.")
    client = mlflow.MlflowClient(lesson.tracking_uri)
    require(TRIED not in client.get_registered_model(NAME).tags, "Another trial is still running.")
    champion = int(champion_of(NAME, lesson).version)
    require(champion == 1, f"Version {champion} is the champion; the trial must not change it.")
