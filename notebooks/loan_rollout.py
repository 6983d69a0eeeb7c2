"""A front that tries the challenger beside the champion: as its shadow, or as a canary.

In the shadow, the challenger answers each request too, and its answers are compared and thrown
away. As a canary, it answers a share of the requests, and customers get its answers, until it has
answered enough, or a rule ends it. In a terminal:

    python loan_front.py models:/<name>@champion --front loan_rollout:Rollout

`start` writes down in MLflow what is to be tried: a run, and a tag of the registered model that
names the run. The front finds the tag, and keeps its counts and the end of the trial in the run. It
never moves an alias. It counts for itself alone: run one, with one worker, and know that a restart
counts anew.
"""

import hashlib
import json
import math
import queue
import threading
from contextvars import ContextVar

import mlflow
from loan_following import Following, load_warm, log
from loan_front import plain
from loan_process import name_of

TAG = "rollout.run"  # of the registered model, while a trial is on
FAILURES = 3  # that end a canary
LOOK = 50  # answers of the canary from one look at the approvals to the next
MARGIN = 0.10  # by which the two shares of approvals may differ
SIGMAS = 3.0  # of the difference, beyond the margin: eight looks raise few false alarms
SECONDS_TO_ANSWER = 5.0  # after which a challenger has failed

ANSWERED_BY = ContextVar("the version that answers this request")


def start(name, experiment, mode, *, share=1.0, answers=400):
    """Ask the front that serves a model to try its challenger.

    Parameters
    ----------
    name : str
        The registered model; its aliases champion and challenger name the two versions.
    experiment : str
        Where the run is made.
    mode : str
        "shadow" or "canary".
    share : float
        Of the requests that a canary answers, between 0 and 1.
    answers : int
        After so many answers of the challenger, the trial ends.

    Returns
    -------
    str
        The id of the run.

    Raises
    ------
    ValueError
        If a trial is running, there is nothing to try or no such experiment, or a setting is not
        one of those above.
    """
    if mode not in ("shadow", "canary"):
        raise ValueError(f"The mode is {mode!r}; it must be 'shadow' or 'canary'.")
    if not 0 < share <= 1:
        raise ValueError(f"The share is {share}; it must be above 0 and at most 1.")
    if answers < 1:
        raise ValueError(f"The trial ends after {answers} answers; it needs at least 1.")
    client = mlflow.MlflowClient()
    model = client.get_registered_model(name)
    versions = [model.aliases.get(alias) for alias in ("champion", "challenger")]
    if None in versions or versions[0] == versions[1]:
        raise ValueError(f"{name} needs a champion and another version as the challenger.")
    if TAG in model.tags:
        raise ValueError(f"A trial of {name} is already running; stop it first.")
    found = client.get_experiment_by_name(experiment)
    if found is None:
        raise ValueError(f"There is no experiment {experiment!r}.")
    settings = {"mode": mode, "share": share, "answers": answers, "model": name}
    settings |= {"champion": versions[0], "challenger": versions[1]}
    run_name = f"{mode} of version {versions[1]}"
    run_id = client.create_run(found.experiment_id, run_name=run_name).info.run_id
    for key, value in settings.items():
        client.log_param(run_id, key, value)
    client.set_registered_model_tag(name, TAG, run_id)
    return run_id


def stop(name):
    """End the trial of a model, if one is on."""
    client = mlflow.MlflowClient()
    if TAG in client.get_registered_model(name).tags:
        client.delete_registered_model_tag(name, TAG)


class Rollout(Following):
    """The front of `loan_following.py`, which tries a challenger while a trial is on."""

    trial = None

    def predict(self, records, params):
        """Return what the champion predicts; or the canary, for its share of the requests."""
        trial = self.trial
        if trial is None or trial.verdict:
            return super().predict(records, params)
        if trial.canary and trial.takes(records):
            try:
                found = plain(trial.model.predict(self.as_input(records), params=params))
            except Exception as error:
                found = super().predict(records, params)  # what both refuse is no failure
                trial.failed(error)
                return found
            ANSWERED_BY.set(trial.version)
            trial.count("challenger", found)
            return found
        found = super().predict(records, params)
        trial.count("champion", found)
        if not trial.canary:
            trial.waiting.put((self.as_input(records), params, found))
        return found

    def answered_by(self):
        """Return the version that answers the present request."""
        return ANSWERED_BY.get(self.version)

    def use_version(self, model, version):
        """Let another champion answer; what was compared with the old one ends."""
        super().use_version(model, version)
        if self.trial:
            self.trial.end("stopped", f"Version {version} became the champion.")

    def look(self, loop):
        """Look at the alias, then at the trial: begin it, record it, or end it."""
        super().look(loop)
        try:
            self.look_at_trial()
        except Exception as error:
            log.warning("The trial cannot be read or recorded (%s).", name_of(error))

    def look_at_trial(self):
        client, trial = mlflow.MlflowClient(), self.trial
        run_id = client.get_registered_model(self.name).tags.get(TAG)
        if trial is None and run_id is not None:
            try:
                self.trial = trial = Trial(client.get_run(run_id))
            except Exception as error:
                self.conclude(client, run_id, "worse", f"It cannot be loaded ({name_of(error)}).")
                return
            log.warning("The %s of version %s begins.", trial.mode, trial.version)
        elif trial is not None:
            if run_id != trial.run_id:
                trial.end("stopped", "Somebody stopped it.")
            ended = trial.verdict  # before the counts, which are then complete
            trial.record(client)
            if ended:
                self.trial = None
                trial.model.stop()
                self.conclude(client, trial.run_id, ended, trial.why)

    def conclude(self, client, run_id, verdict, why):
        """Write the end of a trial into its run, and take the tag away."""
        client.set_tag(run_id, "verdict", verdict)
        client.set_tag(run_id, "why", why)
        client.set_terminated(run_id)
        if client.get_registered_model(self.name).tags.get(TAG) == run_id:
            client.delete_registered_model_tag(self.name, TAG)
        log.warning("The trial has ended: %s. %s", verdict, why)


class Trial:
    """What a challenger has done so far, and whether that is enough.

    Attributes
    ----------
    verdict : str
        Empty while the trial is on; then "passed", "worse", "compared" or "stopped".
    why : str
        One sentence on the verdict.
    """

    def __init__(self, run):
        settings = run.data.params
        self.run_id, self.mode = run.info.run_id, settings["mode"]
        self.version, self.canary = settings["challenger"], settings["mode"] == "canary"
        self.share, self.answers = float(settings["share"]), int(settings["answers"])
        self.model = load_warm(settings["model"], self.version)
        self.model.seconds = SECONDS_TO_ANSWER
        self.counts = dict.fromkeys(["answers/champion", "answers/challenger", "failed"], 0)
        self.approved, self.decided = {}, {}
        self.next_look = LOOK
        self.verdict = self.why = ""
        self.waiting = queue.SimpleQueue()  # of the shadow
        if not self.canary:
            threading.Thread(target=self.follow_as_shadow, daemon=True).start()

    def takes(self, records):
        """Say if the canary answers: for one version, the same answer for the same application.

        The version is part of the hash, so that each new version meets other applicants.
        """
        text = json.dumps([self.version, records], sort_keys=True)
        digest = hashlib.sha256(text.encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64

    def count(self, who, found):
        """Count an answer and its approvals; look at them from time to time."""
        self.counts[f"answers/{who}"] += 1
        for decision in decisions(found):
            self.decided[who] = self.decided.get(who, 0) + 1
            self.approved[who] = self.approved.get(who, 0) + (decision == "approve")
        answered = self.counts["answers/challenger"]
        if who == "challenger" and self.canary:
            if answered >= self.next_look:
                self.next_look += LOOK
                self.compare_approvals()
            if answered >= self.answers:
                self.end("passed", f"The rule found nothing in {answered} answers.")

    def failed(self, error):
        """Count an answer that did not come; a canary may have few of them."""
        self.counts["failed"] += 1
        if self.canary and self.counts["failed"] >= FAILURES:
            self.end("worse", f"It failed {FAILURES} times, at last with {name_of(error)}.")

    def compare_approvals(self):
        """End the canary if its share of approvals is too far from the champion's."""
        if len(self.decided) < 2:
            return
        low = least_difference(self.approved, self.decided)
        if low > MARGIN:
            shares = [self.approved[who] / self.decided[who] for who in ("challenger", "champion")]
            told = "It approves {:.2f} of its applications, the champion {:.2f}.".format(*shares)
            self.end("worse", told)

    def follow_as_shadow(self):
        """Let the shadow answer what the champion has answered, one after the other."""
        while not self.verdict:
            try:
                frame, params, found = self.waiting.get(timeout=0.5)
                answer = plain(self.model.predict(frame, params=params))
            except queue.Empty:
                continue
            except Exception as error:
                self.failed(error)
                answer = []
                if not self.model.running:
                    self.end("worse", f"Its process has ended ({name_of(error)}).")
            else:
                self.count("challenger", answer)
                self.counts["differ"] = self.counts.get("differ", 0) + (
                    decisions(answer) != decisions(found)
                )
            seen = self.counts["answers/challenger"] + self.counts["failed"]
            if seen >= self.answers:
                self.end("compared", f"It has answered {seen} requests beside the champion.")

    def end(self, verdict, why):
        """End the trial; the first reason counts."""
        if not self.verdict:
            self.why, self.verdict = why, verdict

    def record(self, client):
        """Write the counts into the run; the step is the number of all answers."""
        seen = dict(self.counts)
        total = seen["answers/champion"] + (seen["answers/challenger"] if self.canary else 0)
        if self.canary and total:
            seen["share"] = seen["answers/challenger"] / total
        for who in list(self.decided):
            seen[f"approved/{who}"] = self.approved[who] / self.decided[who]
        for name, value in seen.items():
            client.log_metric(self.run_id, name, value, step=total)


def decisions(found):
    """Return the decisions among the answers to a request, if they are decisions."""
    return [row["decision"] for row in found if isinstance(row, dict) and "decision" in row]


def least_difference(approved, decided):
    """Return the difference between two shares of approvals, minus a margin for chance.

    Each share is computed with one extra approval and one extra refusal, which keeps it from 0 and
    1 (A. Agresti and B. Caffo, The American Statistician 54 (2000), 280-288).
    """
    shares, squares = [], []
    for who in ("challenger", "champion"):
        n = decided[who] + 2
        share = (approved[who] + 1) / n
        shares.append(share)
        squares.append(share * (1 - share) / n)
    return abs(shares[0] - shares[1]) - SIGMAS * math.sqrt(sum(squares))
