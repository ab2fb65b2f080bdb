"""Entry point of ``python -m eegzoo``."""

from eegzoo.cli import main

main()
