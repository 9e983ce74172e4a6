# SPDX-License-Identifier: MIT
"""Runs the README's examples: every console block, in order, in one directory."""
import os
import pathlib
import re
import subprocess
import unittest

from proctor import BINARY, ROOT, Case


def console_blocks(text):
    """[(command, expected output lines)] of the ```console blocks."""
    steps = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif steps:
                steps[-1][1].append(line)
    return steps


class Readme(Case):
    def test_it_names_every_command_exit_code_and_page_of_the_docs(self):
        text = (ROOT / "README.md").read_text()
        table = text.split("## Commands")[1].split("Every option")[0]
        commands = re.findall(r"(?m)^\| `proctor ([\w-]+)` \|", self.proctor("manual")[0])
        self.assertGreater(len(commands), 15)
        for command in set(commands) - {"manual"}: # which is how docs/manual.md is written
            self.assertIn(f"`proctor {command}", table)
        codes = re.search(r"Exit codes: (.*?)\n\n", text, re.S).group(1)
        self.assertEqual(re.findall(r"\b\d+\b", codes), ["0", "1", "2", "3", "4", "5", "130", "143"])
        for page in (ROOT / "docs").glob("*.md"):
            self.assertIn(f"docs/{page.name}", text)

    def test_its_commands_print_what_it_shows(self):
        bin_dir = self.dir / "bin"
        bin_dir.mkdir()
        os.symlink(BINARY, bin_dir / "proctor")
        env = {**self.env, "PATH": f"{bin_dir}:{os.environ['PATH']}"}
        steps = console_blocks((ROOT / "README.md").read_text())
        self.assertGreater(len(steps), 4)
        for command, expected in steps:
            done = subprocess.run(command, shell=True, cwd=self.dir, env=env, capture_output=True, text=True)
            output = done.stdout + done.stderr
            said = re.search(r"# exit (\d+)", command)
            self.assertEqual(done.returncode, int(said.group(1)) if said else 0, f"{command}\n{output}")
            got = [line.rstrip() for line in output.splitlines()]
            for line in expected:
                if line.strip() in ("", "..."):
                    continue
                pattern = re.escape(line.rstrip()).replace(r"\.\.\.", ".*")
                self.assertTrue(any(re.fullmatch(pattern, g) for g in got), f"{command}\nwanted: {line}\n--- got\n{output}")


if __name__ == "__main__":
    unittest.main()
