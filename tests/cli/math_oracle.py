#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random expressions, rewritten by SymPy, as proctor reads them back: math_oracle.py PROCTOR [COUNT] [SEED].

Every rewriting is equal to its expression and must not be called different, nor SymPy's derivative from the derivative
left to be carried out; the expression plus one must not be called equal. Exits 77 where SymPy is missing, 1 on any disagreement."""
import json
import random
import subprocess
import sys

try:
    import sympy as sp
except ImportError:
    print("skipped: SymPy is not installed")
    sys.exit(77)

x, y = sp.symbols("x y")


def closed(rng, depth):
    if depth == 0:
        return rng.choice([sp.Integer(rng.randint(1, 20)), sp.Rational(rng.randint(1, 30), rng.randint(2, 12)),
                           sp.sqrt(rng.choice([2, 3, 5, 7, 11])), sp.pi, sp.sqrt(5) + 1])
    a, b = closed(rng, depth - 1), closed(rng, depth - 1)
    return rng.choice([a + b, a - b, a * b, a / b if b != 0 else a, a**2])


def with_variables(rng, depth):
    if depth == 0:
        return rng.choice([x, y, x + 1, sp.Integer(rng.randint(1, 9)), x * y, x**2 - y])
    a, b = with_variables(rng, depth - 1), with_variables(rng, depth - 1)
    return rng.choice([a + b, a - b, a * b, a / b if b != 0 else a, a**2, sp.sin(a) ** 2 + b, sp.exp(x) * b])


def rewritings(e):
    for rewrite in (sp.expand, sp.together, sp.factor, sp.radsimp, sp.expand_trig):
        yield rewrite.__name__, rewrite(e)


def rows(count, rng):
    for i in range(count):
        e = closed(rng, 2) if i % 2 else with_variables(rng, 2)
        if e.has(sp.zoo, sp.nan):
            continue
        gold = sp.latex(e, ln_notation=True)
        for name, other in rewritings(e):
            yield {"id": f"{i} {name}", "gold": gold, "pred": sp.latex(other, ln_notation=True), "kind": "parse"}
        if e.has(x):
            asked = "\\frac{\\partial}{\\partial x}\\left(" + gold + "\\right)"
            yield {"id": f"{i} diff", "gold": sp.latex(sp.diff(e, x), ln_notation=True), "pred": asked, "kind": "parse"}
        yield {"id": f"{i} plus1", "gold": gold, "pred": sp.latex(e) + "+1", "kind": "parse"}


def main():
    count, seed = (int(v) for v in (sys.argv[2:] + ["500", "1"])[:2]) if len(sys.argv) < 4 else map(int, sys.argv[2:4])
    asked = list(rows(count, random.Random(seed)))
    text = "".join(json.dumps(row) + "\n" for row in asked)
    done = subprocess.run([sys.argv[1], "math-eq", "--jsonl"], input=text, capture_output=True, text=True, check=True)
    bad = unknown = 0
    for row, line in zip(asked, done.stdout.splitlines(), strict=True):
        verdict = json.loads(line)["verdict"]
        unknown += verdict == "unknown"
        if verdict == ("equal" if row["id"].endswith("plus1") else "different"):
            bad += 1
            print(f"{row['id']}: {verdict}: {row['gold']}  against  {row['pred']}")
    print(f"{len(asked)} pairs, {bad} disagreements with SymPy, {unknown} unknown")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
