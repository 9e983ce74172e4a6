# SPDX-License-Identifier: MIT
"""The pages in a real browser: they load without a complaint or a request, fit, can be read, and say what results.json says.
PROCTOR_SHOTS=DIR keeps the pictures."""
import json
import os
import pathlib
import unittest

from browser import CHROMIUM, DESKTOP, PHONE, Browser
from proctor import Case

PAPER = (717, 1000) # what A4 leaves between the margins of a browser

VIEWS = {"desktop": (DESKTOP, "light", "screen"), "phone": (PHONE, "light", "screen"), "dark": (DESKTOP, "dark", "screen"),
         "dark_phone": (PHONE, "dark", "screen"), "print": (DESKTOP, "light", "print")}

# Texts whose contrast with what is behind them is below WCAG 2.1 AA, in what is shown.
LOW_CONTRAST = """(() => {
  const parse = text => { const m = text.match(/[\\d.]+/g).map(Number); return m.length === 3 ? [...m, 1] : m; };
  const light = c => { const f = c.slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = e => { const layers = []; for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) layers.push(c); if (c[3] === 1) break; }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]); };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const e = node.parentElement;
    if (!node.textContent.trim() || !e.checkVisibility()) continue;
    const style = getComputedStyle(e), back = behind(e);
    const ink = over(parse(e.closest('svg') ? style.fill : style.color), back);
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) bad.push([node.textContent.trim().slice(0, 40), style.color, ((a + 0.05) / (b + 0.05)).toFixed(2)]);
  }
  return bad;
})()"""

# What a screen reader could not tell.
UNNAMED = """(() => {
  const bad = [];
  if (!document.documentElement.lang || !document.title) bad.push('no language or title');
  for (const t of document.querySelectorAll('table')) {
    if (!t.caption) bad.push('table without caption');
    for (const h of t.querySelectorAll('th')) if (!h.scope) bad.push('th without scope: ' + h.textContent);
    for (const r of t.tBodies[0].rows) if (r.cells[0].tagName !== 'TH') bad.push('row without header: ' + r.textContent.slice(0, 30));
  }
  for (const s of document.querySelectorAll('svg'))
    if (s.getAttribute('aria-hidden') !== 'true' && !(s.getAttribute('role') === 'img' && (s.getAttribute('aria-label') || s.querySelector('title')))) bad.push('svg: ' + s.outerHTML.slice(0, 80));
  for (const box of document.querySelectorAll('[tabindex], .scroll, .text'))
    if (box.tabIndex !== 0 || box.getAttribute('role') !== 'region' || !box.getAttribute('aria-label')) bad.push('box without a name: ' + box.outerHTML.slice(0, 80));
  let last = 0;
  for (const h of document.querySelectorAll('h1,h2,h3,h4,h5')) { const n = +h.tagName[1]; if (n > last + 1) bad.push('heading skips a level: ' + h.textContent); last = n; }
  if (document.querySelectorAll('h1').length !== 1) bad.push('not one h1');
  return bad;
})()"""

# Boxes that stick out of the page although nothing around them scrolls.
STICKING_OUT = """[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
  !e.closest('.scroll') && !e.closest('svg') && !e.closest('math') && !e.closest('.text')).map(e => e.outerHTML.slice(0, 100))"""

# Tables that lose columns where nothing scrolls, and columns so narrow that words fall into letters.
CUT_ON_PAPER = """[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 80)).concat(
  [...document.querySelectorAll('td, th')].filter(e => e.checkVisibility() && e.textContent.length > 12 && e.getBoundingClientRect().width < 40).map(e => 'narrow: ' + e.textContent.slice(0, 80)))"""

# Pairs of texts of one chart that lie over each other, and texts cut off at its edge.
COVERED = """[...document.querySelectorAll('svg:not(.matrix)')].flatMap(svg => {
  const frame = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  const over = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  const pairs = texts.flatMap(([s, a], i) => texts.slice(i + 1).filter(([, b]) => over(a, b)).map(([t]) => s + ' over ' + t));
  return pairs.concat(texts.filter(([, a]) => a.left < frame.left - 1 || a.right > frame.right + 1).map(([s]) => s + ' cut off'));
})"""

HOSTILE = ["</script><script>console.log('ran')</script>", "<img src=x onerror=\"console.log('ran')\">", "\x1b[31mred\x1b[0m \x07",
           "\u202e reversed \u2066", "=HYPERLINK(\"http://x\")", "| `md` | <details open>", "\x00\x01", "\ud800 half", "\\frac{1}{2} $\\sqrt{x}$",
           "]]>", "&#x3c;b&#x3e;", "a" * 10_000_000]


@unittest.skipUnless(CHROMIUM, "no chromium on this machine (Debian: apt-get install chromium)")
class Pages(Case):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def shoot(self, tab, name):
        if folder := os.environ.get("PROCTOR_SHOTS"):
            tab.screenshot(pathlib.Path(folder) / f"{name}.png")

    def check(self, page, name):
        """Opens a page in every view; returns the tab on a desktop."""
        tabs = {}
        for view, (size, scheme, media) in VIEWS.items():
            with self.subTest(page=name, view=view):
                tab = tabs[view] = self.browser.open(page, size, scheme, media)
                self.shoot(tab, f"{name}-{view}")
                self.assertEqual(tab.complaints(), [])
                self.assertEqual(tab.requests(), [page.resolve().as_uri()])
                self.assertEqual(tab.js("document.querySelectorAll('script').length"), 0)
                self.assertEqual(tab.js(STICKING_OUT), [])
                self.assertLessEqual(tab.js("document.documentElement.scrollWidth"), size[0])
                self.assertEqual(tab.js(LOW_CONTRAST), [])
                self.assertEqual(tab.js(UNNAMED), [])
        light, dark = (tabs[v].js("getComputedStyle(document.body).backgroundColor") for v in ("desktop", "dark"))
        self.assertNotEqual(light, dark)
        self.assertEqual(tabs["print"].js("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
        paper = self.browser.open(page, PAPER, "light", "print")
        self.shoot(paper, f"{name}-paper")
        self.assertEqual(paper.js(CUT_ON_PAPER), [])
        pdf = tabs["print"].pdf()
        self.assertTrue(pdf.startswith(b"%PDF") and len(pdf) > 5000)
        return tabs["desktop"]

    def rows(self, tab, caption):
        """A table as a list of {heading: text}."""
        return tab.js("""(() => { const t = [...document.querySelectorAll('table')].find(t => t.caption && t.caption.textContent.startsWith(%s));
            if (!t) return null; const heads = [...t.tHead.rows[0].cells].map(c => c.textContent);
            return [...t.tBodies[0].rows].map(r => Object.fromEntries([...r.cells].map((c, i) => [heads[i], c.textContent]))); })()""" % json.dumps(caption))

    def test_the_report_of_a_run_says_what_results_json_says(self):
        results = self.results("run", "-t", "gen/arith,gen/trace,gen/order", "-m", "demo", "--limit", "12", "-n", "8", "--core-hour-usd", "3")
        run = self.dir / results["run_dir"]
        tab = self.check(run / "report.html", "report")
        shown = {row["task"]: row for row in self.rows(tab, "Means over questions")}
        self.assertEqual(tab.js("document.querySelectorAll('.ci-bar circle').length"), 0) # a dot would hide the rerun bar of a sure score
        self.assertEqual(tab.js("[...document.querySelectorAll('.ci-bar')].filter(s => s.lastElementChild.getAttribute('class') !== 'line ci').length"), 0)
        self.assertEqual(set(shown), set(results["results"]))
        for row in self.rows(tab, "Short: "):
            metric = results["proctor"]["metrics"]["gen/arith"][row["metric"] + ",none"]
            for kind in ["rerun", "generalise"]:
                self.assertEqual(row[f"{kind} 95%"], f"[{100 * metric[kind]['lo']:.1f}, {100 * metric[kind]['hi']:.1f}]" if kind in metric else "")
        for task, metrics in results["results"].items():
            row, detail = shown[task], results["proctor"]["metrics"][task]["pass@1,none"]
            self.assertEqual(row["pass@1"], f"{100 * metrics['pass@1,none']:.1f}%")
            self.assertEqual(row["format"], f"{100 * metrics['format,none']:.1f}%")
            self.assertEqual(row["truncated"], f"{100 * metrics['truncated,none']:.1f}%")
            for kind in ["rerun", "generalise"]:
                self.assertIn(f"{100 * detail[kind]['lo']:.1f}", row[f"{kind} 95%"])
                self.assertIn(f"{100 * detail[kind]['hi']:.1f}", row[f"{kind} 95%"])
            counts = results["proctor"]["verdict_counts"][task]
            text = tab.js("document.body.textContent")
            self.assertIn(f"{counts['correct']}", text)
            self.assertIn("0 to 100%", next(name for name in row if name.startswith("intervals")))
            self.assertTrue(row["per correct"].startswith("$") or "¢" in row["per correct"], row)

    def test_what_thinking_holds_is_on_the_page_as_in_results_json(self):
        thinking = ["Wait, that is wrong. " * 4 + "So 7.", "So it is 7. I check: 7.", "but maybe 8"]
        self.write_rows("rows.jsonl", [{"doc_id": str(i), "prompt": "How many days has a week?", "target": "7", "completion": f"<think>{text}</think>\\boxed{{{text[-2] if text[-1] == '.' else 8}}}",
                                        "usage": {"prompt_tokens": 9, "completion_tokens": 50 + 100 * i}} for i, text in enumerate(thinking)])
        results = self.results("grade", "--task", "math", "--completions", "rows.jsonl")
        reasoning, metrics = results["proctor"]["reasoning"]["math"], results["results"]["math"]
        self.assertEqual((reasoning["n"], reasoning["n_wait"], reasoning["accuracy_with_wait"], reasoning["accuracy_without_wait"]), (3, 1, 1.0, 0.5))
        self.assertAlmostEqual(reasoning["wait_per_answer"], 4 / 3)
        self.assertAlmostEqual(reasoning["reflective_per_answer"], (8 + 1 + 1) / 3) # wait and wrong four times; check; but
        self.assertAlmostEqual(reasoning["reflective_per_1k_tokens"], 1000 * 10 / (50 + 150 + 250))
        self.assertAlmostEqual(reasoning["aha_per_1k_tokens"], 1000 * 8 / (50 + 150 + 250))
        tab = self.browser.open(self.dir / results["run_dir"] / "report.html")
        tiles = tab.js("Object.fromEntries([...document.querySelectorAll('.tiles div')].map(d => [d.querySelector('dt').textContent, d.querySelector('dd').firstChild.textContent]))")
        shown = {"loops": f"{100 * metrics['loop,none']:.1f}%", "mixed language": f"{100 * metrics['mixed,none']:.1f}%", "words of reflection": f"{reasoning['reflective_per_1k_tokens']:.2f}",
                 "“wait”": f"{reasoning['wait_per_answer']:.2f}", "overthinking": f"{100 * reasoning['overthinking']:.1f}%", "format": f"{100 * metrics['format,none']:.1f}%"}
        self.assertEqual({name: tiles.get(name) for name in shown}, shown)
        self.assertIn("Of 1 answer whose thinking says “wait” 100.0% are right, of the 2 without 50.0%", tab.js("document.body.textContent"))
        self.assertIn(f"per 1,000 tokens; {reasoning['reflective_per_answer']:.2f} per answer", tab.js("document.body.textContent"))
        self.assertEqual(tab.js("[...document.querySelectorAll('h3')].filter(h => h.textContent === 'How long answers are').length"), 1)

    def test_no_text_of_a_chart_covers_another(self):
        dirs = [self.results("run", "-t", "gen/arith", "-m", "scripted", "--limit", "20", "-n", "4", "--seed", str(seed))["run_dir"] for seed in range(6)]
        def report(usd): # a million tokens
            self.write("prices.json", json.dumps({"schema": "proctor.prices/1", "name": "test", "version": "1", "prices": [
                {"provider": "P", "model": "scripted", "valid_from": "2024-01-01", "input": 0, "output": usd}]}))
            for out in [(*dirs, "-o", "out"), (dirs[0],)]:
                self.proctor("report", *out, "--format", "html", "--prices", "prices.json")
        report(1)
        least = min(point["cost"] for point in json.loads((self.dir / "out/comparison.json").read_text())["gen/arith"]["points"])
        for first_tick in [1e-7, 3e-5, 0.2, 10]: # at the very left of the cost axis, which begins at 1/1.6 of the least cost
            report(0.995 * 1.6 * first_tick / least)
            for page in [self.dir / "out/comparison.html", self.dir / dirs[0] / "report.html"]:
                for size in [DESKTOP, PHONE]:
                    with self.subTest(page=page.name, size=size, first_tick=first_tick):
                        self.assertEqual(self.browser.open(page, size).js(COVERED), [])

    def test_runs_that_lie_close_have_no_label_over_another(self):
        dirs = []
        for run in range(14): # all right or nearly so, for nearly the same: no room at the top
            self.write_rows(f"run{run}.jsonl", [{"doc_id": str(q), "prompt": f"{q}?", "target": "1", "completion": f"\\boxed{{{1 + (q < run % 3)}}}",
                                                 "usage": {"prompt_tokens": 9, "completion_tokens": 900 + run + q}} for q in range(40)])
            dirs.append(self.results("grade", "--task", "math", "--completions", f"run{run}.jsonl")["run_dir"])
        self.proctor("report", *dirs, "--format", "html", "-o", "out")
        for size in [DESKTOP, PHONE]:
            with self.subTest(size=size):
                tab = self.browser.open(self.dir / "out/comparison.html", size)
                self.assertEqual(tab.js(COVERED), [])
                self.assertEqual(tab.js("document.querySelectorAll('figure.wide svg circle').length"), 14)
                self.assertGreater(tab.js("document.querySelectorAll('figure.wide svg .label').length"), 0)

    def test_labels_of_many_samples_are_not_cut_off(self):
        for n, right in [(128, 128), (1024, 1024), (1024, 1023)]:
            self.write_rows("rows.jsonl", [{"doc_id": "q", "sample_idx": s, "target": "1", "completion": f"\\boxed{{{1 if s < right else 2}}}", "usage": {"prompt_tokens": 9, "completion_tokens": 9}} for s in range(n)])
            run = self.results("grade", "--task", "math", "--completions", "rows.jsonl", "--fresh")["run_dir"]
            for size in [DESKTOP, PHONE]:
                with self.subTest(n=n, right=right, size=size):
                    tab = self.browser.open(self.dir / run / "report.html", size)
                    self.assertEqual(tab.js(COVERED), [])
                    self.assertIn(f"pass@{n} 100.0%", tab.js("document.body.textContent"))

    def test_every_sample_of_many_stays_large_enough_to_read(self):
        self.write_rows("rows.jsonl", [{"doc_id": f"question{q}", "sample_idx": s, "prompt": f"{q}?", "target": "1", "completion": f"\\boxed{{{s % 2}}}"} for q in range(3) for s in range(128)])
        run = self.results("grade", "--task", "math", "--completions", "rows.jsonl")["run_dir"]
        for size in [DESKTOP, PHONE]:
            tab = self.browser.open(self.dir / run / "report.html", size)
            self.assertGreater(tab.js("document.querySelector('svg.matrix text').getBoundingClientRect().height"), 9)
            self.assertEqual(tab.js("document.querySelector('svg.matrix').parentElement.scrollWidth >= 128 * 9"), True)
            self.assertLessEqual(tab.js("document.documentElement.scrollWidth"), size[0])
        paper = self.browser.open(self.dir / run / "report.html", PAPER, "light", "print")
        self.assertEqual(paper.js(CUT_ON_PAPER), [])

    def test_long_answers_fit_a_small_phone(self):
        rows = [{"doc_id": str(q), "prompt": "Which word?", "target": "1", "completion": f"<think>so</think>\\boxed{{{'wordwithoutaspace' * 9}{s % 3}}}"} for q in range(2) for s in range(4)]
        self.write_rows("rows.jsonl", rows)
        run = self.results("grade", "--task", "math", "--completions", "rows.jsonl")["run_dir"]
        tab = self.browser.open(self.dir / run / "report.html", (360, 740))
        tab.js("document.querySelectorAll('details').forEach(d => d.open = true)")
        self.assertIn("Votes: ", tab.js("document.body.innerText"))
        self.assertEqual(tab.js(STICKING_OUT), [])
        self.assertLessEqual(tab.js("document.documentElement.scrollWidth"), 360)

    def test_a_long_path_of_the_data_fits_a_phone_and_tells_no_folder(self):
        name = "a_file_of_questions_with_a_name_that_goes_on_and_on_" * 3 + ".jsonl"
        folder = "somebodys_folder/" + "deep/" * 30
        self.write_rows(folder + name, [{"problem": "1 + 1?", "answer": "2", "id": "2024-I-1"}])
        self.write_rows("rows.jsonl", [{"doc_id": "2024-I-1", "response": "\\boxed{2}"}])
        run = self.results("grade", "--task", "aime24", "--data", f"aime24={self.dir / folder / name}", "--completions", "rows.jsonl")["run_dir"]
        tab = self.browser.open(self.dir / run / "report.html", PHONE)
        self.assertLessEqual(tab.js("document.documentElement.scrollWidth"), PHONE[0])
        subtitle = tab.js("document.querySelector('.card > header > span').textContent")
        self.assertIn(name, subtitle)
        self.assertNotIn("somebodys_folder", subtitle)

    def test_the_published_numbers_keep_their_sources_readable(self):
        self.write_rows("aime24.jsonl", [{"id": f"2024-I-{i}", "problem": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(30)])
        self.write_rows("rows.jsonl", [{"doc_id": f"2024-I-{i}", "sample_idx": s, "response": f"\\boxed{{{i + 1}}}"} for i in range(30) for s in range(2)])
        run = self.results("grade", "--task", "aime24", "--data", "aime24=aime24.jsonl", "--completions", "rows.jsonl", "--preset", "r1", "--reference", "DeepSeek-R1-Distill-Qwen-7B")["run_dir"]
        page = self.dir / run / "report.html"
        source = "[...document.querySelectorAll('[aria-label=\"Published numbers\"] tbody tr')].map(r => r.cells[r.cells.length - 1].getBoundingClientRect().width)"
        for size, media, least in [(PHONE, "screen", 110), (PAPER, "print", 65)]:
            with self.subTest(media=media):
                tab = self.browser.open(page, size, "light", media)
                self.assertGreater(min(tab.js(source)), least)
                if media == "print":
                    self.assertEqual(tab.js(CUT_ON_PAPER), [])

    def test_several_runs_side_by_side(self):
        dirs = [self.results("run", "-t", "gen/arith,gen/trace,gen/order", "-m", "demo", "--limit", "10", "-n", "4", "--seed", str(seed), "--core-hour-usd", usd)["run_dir"]
                for seed, usd in [(1, "2"), (2, "5"), (3, "1")]]
        self.proctor("report", *dirs, "--format", "html", "-o", "out")
        tab = self.check(self.dir / "out/comparison.html", "comparison")
        data = json.loads((self.dir / "out/comparison.json").read_text())
        text = tab.js("document.body.innerText")
        self.assertEqual(tab.js("document.querySelectorAll('h2').length") >= len(data), True)
        for frontier in data.values():
            for comparison in frontier["comparisons"]:
                self.assertIn(comparison["sentence"], text)

    def test_text_of_a_model_is_only_ever_text(self):
        rows = [{"doc_id": f"<b>{i}</b>", "prompt": f"What is {text[:2000]}?", "target": "1", "completion": f"<think>{text} wait</think>\\boxed{{{i}}} {text}"}
                for i, text in enumerate(HOSTILE)]
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        self.write("hostile.jsonl", data)
        results = self.results("grade", "--task", "math", "--completions", "hostile.jsonl")
        run = self.dir / results["run_dir"]
        page = run / "report.html"
        self.assertLess(page.stat().st_size, 2_000_000)
        tab = self.check(page, "hostile")
        self.assertEqual(tab.js("document.querySelectorAll('img, script, iframe, a[href^=javascript]').length"), 0)


if __name__ == "__main__":
    unittest.main()
