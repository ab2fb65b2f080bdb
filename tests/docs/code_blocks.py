"""Code blocks of a page in Markdown, with what comments say about them."""

import dataclasses
import re
import shlex

_PART = re.compile(
    r"<!-- (?P<kind>setup|not run)(?P<text>.*?)-->"
    r"|^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w+)\n(?P<code>.*?)\n(?P=indent)(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)


@dataclasses.dataclass(frozen=True)
class Block:
    """Python code, with the line that it begins in; ``setup`` is not shown."""

    code: str
    line: int
    not_run: str = ""


def python_blocks(text):
    """Return the blocks of Python in a page that are no doctests, and the hidden set-up."""
    blocks, reason = [], ""
    for match in _PART.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match["kind"] == "not run":
            reason = match["text"].lstrip(": ").strip()
            assert reason, f"line {line}: expected a reason"
            continue
        if match["kind"] == "setup":
            blocks.append(Block(match["text"].strip("\n"), line))
        elif match["language"] == "python" and ">>> " not in match["code"]:
            blocks.append(Block(match["code"], line, reason))
        reason = ""
    return blocks


def commands(text):
    """Return the arguments of each command of eegzoo that a page shows, or measured with."""
    found = []
    for match in _PART.finditer(text):
        if match["language"] in ("console", "bash"):
            whole = match["code"].replace("\\\n", " ")
            found += [line for line in whole.splitlines() if re.match(r"\s*(\$ )?eegzoo ", line)]
    found += re.findall(r"^<!-- measured by (eegzoo .*) -->$", text, re.MULTILINE)
    indented = re.sub(r"\\\n\s*", "", text)
    found += re.findall(r"^    eegzoo .*$", indented, re.MULTILINE)
    return [
        shlex.split(re.sub(r"\s[#>].*$", "", line.strip().removeprefix("$ ")))[1:] for line in found
    ]
