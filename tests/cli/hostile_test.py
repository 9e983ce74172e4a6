# SPDX-License-Identifier: MIT
"""Text of models, tasks and files is data in every output: HTML, XML, Markdown, CSV, OpenMetrics, JSON, the terminal."""
import csv
import html.parser
import json
import re
import unittest
import xml.dom.minidom

from fake_server import Server, chat, response
from proctor import Case

# One of each kind that some reader of some format would act on.
TEXTS = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\x1b[2J\x1b[31mred\x1b[0m\x07", "\u202egnp.exe\u2066", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1",
         "a|b\n| - | - |\n# heading", "`code` ``` <details open>", "]]><x>&amp;", 'quote" \\ brace} 1\nproctor_score{} 9', "\x00\x01\x7f\x9b31m", "\ud800", "../../x", "%s%n{}", "\r\nforged line"]
HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
TAGS = {"html", "head", "meta", "title", "style", "body", "div", "header", "main", "section", "article", "footer", "p", "h1", "h2", "h3", "h4", "span", "strong", "b", "i", "ul", "li", "dl", "dt", "dd",
        "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "details", "summary", "br", "svg", "g", "path", "rect", "circle", "text"}
MATH = re.compile("math|m[a-z]+$")


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.attributes = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.add(tag)
        self.attributes |= {name for name, _ in attributes}


class Hostile(Case):
    def recorded(self, texts):
        """A graded run whose questions, answers and ids are these texts."""
        rows = [{"doc_id": f"{text}#{i}", "prompt": f"What is {text}?", "target": text if i % 2 else "7", "completion": f"<think>{text} wait</think>{text} \\boxed{{{text}}} <answer>{text}</answer>"}
                for i, text in enumerate(texts) for _ in range(2)]
        self.write_rows("rows.jsonl", rows)
        stdout, stderr = self.proctor("grade", "--task", "tag", "--completions", "rows.jsonl", "-o", "runs")
        self.plain(stdout)
        self.plain(stderr)
        return self.dir / "runs/latest"

    def plain(self, text):
        """What a terminal only shows."""
        self.assertEqual(re.findall(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", text), [])
        self.assertEqual(HIDDEN.findall(text), [])

    def page(self, path):
        text = path.read_text()
        self.plain(text)
        tags = Tags(text)
        self.assertEqual({tag for tag in tags.found - TAGS if not MATH.fullmatch(tag)}, set())
        self.assertEqual([name for name in tags.attributes if name.startswith("on") or name in ("src", "href", "action", "formaction", "srcdoc")], [])

    def test_every_report_of_hostile_text_is_only_text(self):
        run = self.recorded(TEXTS)
        stdout, _ = self.proctor("report", run, "--format", "table,json,html,md,csv,openmetrics")
        self.plain(stdout)
        self.page(run / "report.html")
        json.loads((run / "results.json").read_text())

    def test_examples_are_shown_without_their_effects(self):
        for text in TEXTS:
            with self.subTest(text):
                run = self.recorded([text, "7"])
                self.page(run / "report.html")
                self.plain((run / "report.md").read_text())
                for row in [f"{text}#0", "7#1"]:
                    if "\x00" not in row and "\ud800" not in row:
                        stdout, _ = self.proctor("show", run, "--doc", row)
                        self.plain(stdout)

    def hostile_model(self, name):
        server = Server(lambda body, nth: response({**chat(), "model": name}), models=response({"data": [{"id": name}]}))
        self.addCleanup(server.close)
        return f"{name}@{server.url}"

    def test_a_model_named_like_a_path_stays_in_the_runs_folder(self):
        for name in ["../../x", "..", "/etc/x", "a/b", ".hidden", "x" * 400]:
            with self.subTest(name):
                result = self.results("run", "-t", "gen/arith", "-m", self.hostile_model(name), "--limit", "1", "-n", "1", "-o", "deep/er/runs", "--max-error-rate", "1")
                run = (self.dir / result["run_dir"]).resolve()
                self.assertEqual(run.parent, (self.dir / "deep/er/runs").resolve())
                self.assertEqual(json.loads((run / "run.json").read_text())["model"]["name"], name)
        self.assertEqual({p.name for p in self.dir.iterdir()}, {"deep"})
        self.assertEqual({p.name for p in (self.dir / "deep").iterdir()}, {"er"})

    def test_names_cannot_be_formulas_cells_labels_or_lines(self):
        runs = []
        for text in ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1", 'a"b\\c}', "<b>|x|", "\x1b[31m", "\u202ex"]:
            with self.subTest(text):
                result = self.results("run", "-t", "gen/arith", "-m", self.hostile_model(text), "--limit", "2", "-n", "2", "--max-error-rate", "1")
                run = self.dir / result["run_dir"]
                runs.append(run)
                stdout, _ = self.proctor("report", run, "--format", "table,html,md,csv,openmetrics")
                self.plain(stdout)
                self.page(run / "report.html")
                self.sheet(run / "results.csv")
                self.metrics(run / "metrics.txt")
                self.markdown(run / "report.md")
        stdout, _ = self.proctor("report", *runs, "--format", "table,html", "-o", "out")
        self.plain(stdout)
        self.page(self.dir / "out/comparison.html")
        self.gate(runs[0])

    def sheet(self, path):
        rows = list(csv.reader(path.open(newline="")))
        self.assertGreater(len(rows), 1)
        for row in rows:
            self.assertEqual(len(row), len(rows[0]))
            for value in row:
                self.assertFalse(value.lstrip()[:1] in ("=", "+", "@", "\t", "\r") or re.match(r"\s*-(?!\d+(\.\d+)?(e-?\d+)?$)", value), value)

    def metrics(self, path):
        lines = path.read_text().splitlines()
        self.assertEqual(lines[-1], "# EOF")
        for line in lines:
            self.assertRegex(line, r'^(# (TYPE|UNIT|HELP|EOF).*|proctor_\w+\{(\w+="(\\["\\n]|[^"\\])*",?)+\} [-+.e\d]+)$')

    def markdown(self, path):
        text = path.read_text()
        self.plain(text)
        outside = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", text)
        self.assertNotRegex(outside, r"(?<!\\)<(?!/?(details|summary|br|!--))[a-zA-Z/!]")
        for table in re.findall(r"(?m)(?:^\|.*\|$\n?)+", outside):
            self.assertEqual(len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}), 1, table)

    def gate(self, run):
        self.proctor("gate", run, "--min", "pass@1>=0", "--junit", "junit.xml", "--markdown", "comment.md")
        xml.dom.minidom.parse(str(self.dir / "junit.xml"))
        self.plain((self.dir / "junit.xml").read_text())
        self.markdown(self.dir / "comment.md")

    def test_an_answer_of_ten_megabytes_is_graded_and_its_reports_stay_small(self):
        long = "wait " * 2_000_000
        self.write_rows("rows.jsonl", [{"doc_id": "long", "prompt": "?", "target": "7", "completion": f"<think>{long}</think>\\boxed{{7}}"},
                                       {"doc_id": "answer", "prompt": "?", "target": "7", "completion": "\\boxed{" + "7" * 10_000_000 + "}"}])
        result = self.results("grade", "--task", "math", "--completions", "rows.jsonl")
        counts = result["proctor"]["verdict_counts"]["math"]
        self.assertEqual((counts["correct"], counts["incorrect"] + counts["no_answer"]), (1, 1))
        run = self.dir / result["run_dir"]
        self.proctor("report", run, "--format", "table,json,html,md,csv,openmetrics")
        for name in ["report.html", "report.md", "results.json", "results.csv", "metrics.txt"]:
            self.assertLess((run / name).stat().st_size, 300_000, name)

    def test_numbers_that_are_none_are_unknown_in_an_import_and_refused_in_a_log(self):
        for number in ["NaN", "Infinity", "-Infinity", "1e999"]: # as Python's json writes them
            with self.subTest(number):
                self.write("rows.jsonl", '{"doc_id":"a","prompt":"?","target":"1","completion":"1","usage":{"completion_tokens":%s,"estimated_cost":%s}}\n' % (number, number))
                text, _ = self.proctor("grade", "--task", "exact", "--completions", "rows.jsonl", "--fresh", "--json")
                self.assertNotRegex(text, "NaN|Infinity|null")
                result = json.loads(text)["proctor"]
                self.assertEqual((result["tokens"]["exact"], result["cost"]["exact"]["basis"]), ({}, "none"))
        run = self.recorded(["7", "8"])
        good = (run / "samples.jsonl").read_text().splitlines()
        for number in ["NaN", "1e999", '"7"']:
            with self.subTest(number):
                spoiled = good[:2] + [good[2][:-1] + f',"ttft_s":{number}}}'] + good[3:]
                (run / "samples.jsonl").write_text("\n".join(spoiled) + "\n")
                self.assertIn("samples.jsonl:3", self.error("report", run))

    def test_amounts_that_cannot_be_are_not_added_up(self):
        rows = [{"doc_id": str(i), "prompt": str(i), "target": "1", "completion": "1", "usage": {"completion_tokens": 5, "estimated_cost": usd}} for i, usd in enumerate([0.5, -3, 1e300])]
        self.write_rows("rows.jsonl", rows)
        text, _ = self.proctor("grade", "--task", "exact", "--completions", "rows.jsonl", "--json")
        self.assertNotRegex(text, "NaN|Infinity|null")
        self.assertGreaterEqual(json.loads(text)["proctor"]["cost"]["exact"]["usd"], 0.5)


if __name__ == "__main__":
    unittest.main()
