#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real paired runs, compared by SciPy and by proctor: stats_oracle.py PROCTOR.

Each pair of models of the published results of LiveCodeBench and LiveBench becomes two graded runs of the same problems; proctor compare
must give the same tests to 1e-6: McNemar exact and mid-p on one answer per problem, the Cochran-Mantel-Haenszel
distribution on ten, the mean difference's t interval, Fisher's exact test per question. Exits 77
where SciPy or the data are missing, 1 on any disagreement."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from scipy import stats
except ImportError:
    print("skipped: SciPy is not installed")
    sys.exit(77)

DATA = pathlib.Path(os.environ.get("PROCTOR_TEST_DATA", "/nonexistent")) / "stats"
SAMPLES = 10
bad = 0


def check(what, ours, theirs, tolerance=1e-6):
    global bad
    if not abs(ours - theirs) <= tolerance * max(1.0, abs(theirs)):
        bad += 1
        print(f"{what}: proctor {ours!r}, SciPy {theirs!r}")


def graded(proctor, where, name, counts, samples):
    """A run in which counts[q] of each question's samples are right."""
    rows = [{"doc_id": q, "target": "1", "response": f"\\boxed{{{1 if s < c else 0}}}"} for q, c in counts.items() for s in range(samples)]
    (where / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    subprocess.run([proctor, "grade", "--task", "math", "--completions", f"{name}.jsonl", "-o", name], cwd=where, check=True, capture_output=True)
    return f"{name}/latest"


def compared(proctor, where, base, cand):
    out = subprocess.run([proctor, "compare", base, cand, "--json"], cwd=where, check=True, capture_output=True, text=True).stdout
    (task,) = json.loads(out)["tasks"].values()
    return task


def convolved(strata, total):
    """The distribution of the candidate's right answers given each question's total."""
    pmf = np.array([1.0])
    for n_cand, n_all, right in strata:
        x = np.arange(n_cand + 1)
        pmf = np.convolve(pmf, stats.hypergeom(n_all, right, n_cand).pmf(x))
    point = pmf[total]
    less, greater = pmf[: total + 1].sum(), pmf[total:].sum()
    mid = min(1.0, 2 * (min(less, greater) - point / 2))
    exact = min(1.0, pmf[pmf <= point * (1 + 1e-7)].sum())
    return exact, mid


def one_answer(proctor, where, name, a, b):
    task = compared(proctor, where, graded(proctor, where, f"{name}-a", a, 1), graded(proctor, where, f"{name}-b", b, 1))
    gained, lost = sum(b[q] > a[q] for q in a), sum(b[q] < a[q] for q in a)
    exact = stats.binomtest(min(gained, lost), gained + lost, 0.5).pvalue
    check(f"{name}: McNemar", task["p_exact"], exact)
    check(f"{name}: McNemar mid-p", task["p"], 2 * stats.binom.cdf(min(gained, lost), gained + lost, 0.5) - stats.binom.pmf(min(gained, lost), gained + lost, 0.5))
    check(f"{name}: gained", len(task["gained"]), gained)
    check(f"{name}: lost", len(task["lost"]), lost)


def many_answers(proctor, where, name, a, b):
    task = compared(proctor, where, graded(proctor, where, f"{name}-a", a, SAMPLES), graded(proctor, where, f"{name}-b", b, SAMPLES))
    exact, mid = convolved([(SAMPLES, 2 * SAMPLES, a[q] + b[q]) for q in a], sum(b.values()))
    check(f"{name}: CMH exact", task["p_exact"], exact)
    check(f"{name}: CMH mid-p", task["p"], mid)
    d = np.array([(b[q] - a[q]) / SAMPLES for q in a])
    check(f"{name}: difference", task["diff"], d.mean())
    low, high = stats.t.interval(0.95, len(d) - 1, d.mean(), stats.sem(d))
    check(f"{name}: t interval, low", task["generalise"]["lo"], low)
    check(f"{name}: t interval, high", task["generalise"]["hi"], high)
    draws = np.random.default_rng(0).choice([-1, 1], (20000, len(d))) @ d
    p = (1 + (np.abs(draws) >= abs(d.sum()) - 1e-9).sum()) / 20001
    check(f"{name}: sign flips", task["generalise"]["p"], p, 0.02)  # drawn in both
    for flip in task["flips"]:
        q = flip["doc_id"]
        fisher = stats.fisher_exact([[b[q], SAMPLES - b[q]], [a[q], SAMPLES - a[q]]]).pvalue
        check(f"{name}: Fisher, {q}", flip["p"], fisher)


def livecodebench():
    models = collections.defaultdict(dict)
    for row in json.loads((DATA / "lcb_performances_2025-04-22.json").read_text())["performances"]:
        models[row["model"]][row["question_id"]] = row["pass@1"] / 100
    return models


def livebench(category):
    """Few questions, shares that are no multiples of anything, missing ones."""
    read = json.loads((DATA / "livebench_2025-01-13_scores.json").read_text())
    return {model: {question["id"]: score for question, score in zip(read["questions"], scores)
                    if score is not None and question["category"] == category}
            for model, scores in zip(read["models"], read["scores"])}


def main(proctor):
    if not DATA.exists():
        print(f"skipped: {DATA} is missing (PROCTOR_TEST_DATA)")
        return 77
    pairs = 0
    with tempfile.TemporaryDirectory() as folder:
        where = pathlib.Path(folder)
        for source, models in ("lcb", livecodebench()), ("math", livebench("math")), ("reasoning", livebench("reasoning")):
            names = sorted(models, key=lambda name: (-len(models[name]), name))[:5]
            for a, b in zip(names, names[1:]):
                common = sorted(models[a].keys() & models[b].keys())
                shares = [{q: models[m][q] for q in common} for m in (a, b)]
                pairs += 1
                one_answer(proctor, where, f"{source}-one{pairs}", *({q: int(x >= 0.5) for q, x in s.items()} for s in shares))
                many_answers(proctor, where, f"{source}-many{pairs}", *({q: round(SAMPLES * x) for q, x in s.items()} for s in shares))
    print(f"{pairs} pairs of models, {bad} disagreements")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve())))
