"""Commands and links in README.md and docs/.

snippets.py             every command names jobs, options, configs and scripts that are there; configs pass --check-config;
                        links lead somewhere
snippets.py --tutorial  runs docs/tutorial.md from its first command to its last
            --refresh   and puts what is printed now into the page (but not where "…" leaves lines out)
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFFER = str(pathlib.Path(os.environ["PROFFER"]).resolve())
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
USERS_OWN = re.compile(r"(my|runs|books)/|[a-z]+\.(yaml|h5|csv)$|[A-Z]+$")  # files a reader has, not the repository
failures = []


def blocks(page):
    """(language, line, text) of every fenced block."""
    found, language, start, lines = [], None, 0, []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("```"):
            if language is None:
                language, start, lines = line[3:].strip(), number, []
            else:
                found.append((language, start, "\n".join(lines)))
                language = None
        elif language is not None:
            lines.append(line)
    return found


def commands(page):
    """(line, words) of every command that starts proffer or a script of the repository."""
    texts = [(start, text) for language, start, text in blocks(page) if language == "sh"]
    for number, line in enumerate(page.read_text().splitlines(), 1):
        texts += [(number, code) for code in re.findall(r"`((?:build/release/proffer|slurm/launch|\./)[^`]*)`", line)]
    for start, text in texts:
        text = re.sub(r"<< 'END'\n.*?\nEND(\n|$)", "\n", text, flags=re.S).replace("\\\n", " ")
        for line in text.splitlines():
            line = line.split(" #")[0].strip()
            if re.match(r"(\S+=\S+ )*(build/release/proffer|slurm/launch|sbatch|\./)", line):
                words = shlex.split(re.split(r" (?:\|\|?|&&|>) ", line)[0])
                yield start, [word for word in words if not re.match(r"[A-Z_]+=", word)], " || " in line


def proffer(*words):
    environment = {"PROFFER_DATA": "data", **os.environ}
    return subprocess.run([PROFFER, *words], capture_output=True, text=True, cwd=ROOT, env=environment)


HELP = proffer("--help").stdout
JOBS = {name: proffer(name, "--help").stdout for name in re.findall(r"^  ([a-z]+) {2,}\S", HELP, flags=re.M)}


def check_proffer(place, words, may_fail):
    if not words or words[0].startswith("-"):
        failures.extend(f"{place}: no option {word}" for word in words if word.split("=")[0] not in HELP)
        return
    job, rest = words[0], words[1:]
    if job not in JOBS:
        failures.append(f"{place}: there is no job {job}")
        return
    inputs, kept = [], []
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            inputs.append(word)
        elif not re.search(rf"(^|[\s,]){re.escape(word)}\b", JOBS[job]):
            failures.append(f"{place}: {job} has no option {word}")
        elif word == "--set":
            kept += [word, rest.pop(0)]
        elif word in ("--out", "--log-level"):
            rest.pop(0)
    for name in inputs:
        if (ROOT / name).is_file() and name.endswith(".yaml"):
            done = proffer(job, name, *kept, "--check-config", "-q")
            if done.returncode != 0 and not may_fail:
                failures.append(f"{place}: {job} {name}: {done.stderr.strip()}")
        elif not USERS_OWN.match(name):
            failures.append(f"{place}: {name} is not there")


def check_command(page, line, words, may_fail):
    place = f"{page.relative_to(ROOT)}:{line}"
    if words[0] == "slurm/launch":
        words = words[2:]
    if words and words[0] == "build/release/proffer":
        check_proffer(place, words[1:], may_fail)
        return
    for word in words:
        if re.match(r"(\./|slurm/|configs/|tests/)", word) and not (ROOT / word).exists():
            failures.append(f"{place}: {word} is not there")


def anchors(page):
    titles = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def check_links(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            failures.append(f"{page.relative_to(ROOT)}: the link {target} leads nowhere")
        elif anchor and anchor not in anchors(file):
            failures.append(f"{page.relative_to(ROOT)}: {name} has no heading {anchor}")


def run_tutorial(refresh):
    page = ROOT / "docs/tutorial.md"
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        (work / "build/release").mkdir(parents=True)
        (work / "bin").mkdir()
        for link, target in (("build/release/proffer", PROFFER), ("configs", ROOT / "configs"),
                             ("slurm", ROOT / "slurm"), ("bin/python3", "/usr/bin/python3")):
            (work / link).symlink_to(target)
        environment = {**os.environ, "PATH": f"{work}/bin:{os.environ['PATH']}"}
        printed, lines = None, page.read_text().splitlines()
        fresh = []
        for language, line, text in blocks(page):
            if language == "sh":
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=work, env=environment, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                printed = done.stdout.rstrip("\n")
                if done.returncode != 0:
                    sys.exit(f"docs/tutorial.md:{line}: exit {done.returncode}\n{done.stdout}")
            elif language == "" and printed is not None:
                if "…" not in text.splitlines():
                    fresh.append((line, len(text.splitlines()), printed))
                printed = None
        if refresh:
            for line, count, printed in reversed(fresh):
                lines[line:line + count] = printed.splitlines()
            page.write_text("\n".join(lines) + "\n")


if "--tutorial" in sys.argv:
    run_tutorial("--refresh" in sys.argv)
else:
    count = 0
    for page in PAGES:
        check_links(page)
        for line, words, may_fail in commands(page):
            check_command(page, line, words, may_fail)
            count += 1
    if count < 10:
        failures.append(f"only {count} commands were found")
if failures:
    sys.exit("\n".join(failures))
