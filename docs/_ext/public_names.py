"""Sphinx extension: `name` in a docstring links to the public name, from whatever package.

Other text in single backquotes, such as an argument, is set as code.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import api_pages
from docutils import nodes
from sphinx import addnodes


@cache
def full_names() -> dict[str, str]:
    """Return the name in the reference of each public name, eegzoo's own first."""
    found: dict[str, str] = {}
    for package, names in api_pages.public_names().items():
        for name in names:
            found.setdefault(name, f"{package}.{name}")
            found[f"{package}.{name}"] = f"{package}.{name}"
    return found


def name_role(
    role: str, rawtext: str, text: str, lineno: int, inliner: Any,
    options: dict[str, Any] | None = None, content: Any = (),
) -> tuple[list[nodes.Node], list[nodes.Node]]:  # fmt: skip
    """Return a link to a public name, or a literal."""
    target = full_names().get(text.removesuffix("()"))
    literal = nodes.literal(rawtext, text, classes=["py", "py-obj"])
    if target is None:
        return [literal], []
    link = addnodes.pending_xref(
        rawtext, literal, refdomain="py", reftype="obj", reftarget=target, refspecific=False,
        refexplicit=True, refwarn=True,
    )  # fmt: skip
    return [link], []


def find_elsewhere(app: Any, env: Any, node: addnodes.pending_xref, contnode: nodes.Node) -> Any:
    """Resolve the short name of something that another package exports, as in See Also."""
    target = full_names().get(node.get("reftarget", ""))
    if node.get("refdomain") != "py" or target is None:
        return None
    domain, docname = env.domains["py"], node.get("refdoc", "")
    return domain.resolve_xref(env, docname, app.builder, "obj", target, node, contnode)


def skip_others(
    app: Any, what: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out members that a class has from another library, which documents them."""
    module = getattr(member, "__module__", None) or "eegzoo"
    return None if module.partition(".")[0] in ("eegzoo", "builtins") else True


def setup(app: Any) -> dict[str, Any]:
    """Register the role, which is the default, and the search in other packages."""
    app.add_role("name", name_role)
    app.config.default_role = "name"
    app.connect("missing-reference", find_elsewhere)
    app.connect("autodoc-skip-member", skip_others)
    return {"version": "1", "parallel_read_safe": True}
