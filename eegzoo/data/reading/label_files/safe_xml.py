"""XML without entities, whose expansion could fill the memory or read other files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat


def parse_xml(path: Path) -> ElementTree.Element:
    """Return the root of an XML file.

    Raises
    ------
    ValueError
        If the file is not XML, or declares entities.
    """
    content = path.read_bytes()

    def refuse(name: str, *_: Any) -> None:
        raise ValueError(f"{path} cannot be read: it declares the XML entity {name!r}")

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
        return ElementTree.fromstring(content)
    except (expat.ExpatError, ElementTree.ParseError) as error:
        raise ValueError(f"{path} cannot be read as XML: {error}") from error
