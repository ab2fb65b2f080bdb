"""Amplifiers that BrainFlow reads."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from eegzoo.online.sources.source import Chunk, Source

_INSTALL = "BrainFlow's boards require brainflow: pip install 'eegzoo[brainflow]'"
_MICROVOLT = 1e-6
# The counter of packages starts again after this number, of all boards that count.
_PACKAGES = 256


class BrainFlowSource(Source):
    """Source that reads a board with BrainFlow.

    BrainFlow's time stamps come in bursts and can go back. The counter of packages tells which
    samples are lost, and each sample's time is its number divided by the rate.

    Parameters
    ----------
    board : str | int
        Name of a board in BrainFlow's `BoardIds`, such as "SYNTHETIC_BOARD", with or without
        "_BOARD", or its number.
    ch_names : sequence of str | None
        Electrodes at the board's EEG channels. None: BrainFlow's default names.
    **parameters
        BrainFlow's input parameters, such as ``serial_port="/dev/ttyUSB0"``.

    Raises
    ------
    ImportError
        If brainflow is not installed.
    ValueError
        If the board, a parameter or the number of names is wrong.

    Examples
    --------
    >>> BrainFlowSource.__name__
    'BrainFlowSource'
    """

    def __init__(
        self, board: str | int, *, ch_names: Sequence[str] | None = None, **parameters: Any
    ) -> None:
        self._library = _brainflow()
        self.board_id = self._number(board)
        shim = self._library.BoardShim
        self._rows = shim.get_eeg_channels(self.board_id)
        self._counter = shim.get_package_num_channel(self.board_id)
        self.sfreq = float(shim.get_sampling_rate(self.board_id))
        names = shim.get_eeg_names(self.board_id) if ch_names is None else list(ch_names)
        if len(names) != len(self._rows):
            raise ValueError(f"expected ch_names of {len(self._rows)} channels, got {len(names)}")
        self.ch_names, self.ch_types = names, ["eeg"] * len(names)
        self._input_parameters = self._library.BrainFlowInputParams()
        for name, value in parameters.items():
            if name not in vars(self._input_parameters):
                known = sorted(vars(self._input_parameters))
                raise ValueError(f"expected parameters among {known}, got {name!r}")
            setattr(self._input_parameters, name, value)
        self._board: Any = None
        self._last: int | None = None
        self._n_samples = 0

    def _number(self, board: str | int) -> int:
        kinds = self._library.BoardIds
        if isinstance(board, int):
            return board
        key = board.strip().upper()
        for name in (key, f"{key}_BOARD"):
            if name in kinds.__members__:
                return int(kinds[name].value)
        known = ", ".join(name.removesuffix("_BOARD").lower() for name in kinds.__members__)
        raise ValueError(f"expected board to be one of {known}, got {board!r}")

    def connect(self) -> None:
        """Connect to the board, and start its stream."""
        self._library.BoardShim.disable_board_logger()
        self._board = self._library.BoardShim(self.board_id, self._input_parameters)
        self._board.prepare_session()
        self._board.start_stream()
        self._last, self._n_samples = None, 0

    def disconnect(self) -> None:
        """Stop the stream, and release the board."""
        if self._board is not None and self._board.is_prepared():
            self._board.stop_stream()
            self._board.release_session()
        self._board = None

    def read(self) -> Chunk | None:
        """Return the samples that arrived since the last call; there may be none."""
        data = self._board.get_board_data()
        return Chunk(data[self._rows] * _MICROVOLT, self._times(data[self._counter]))

    def _times(self, counter: Any) -> Any:
        """Return the time of each sample in seconds from the start, by the package counter."""
        numbers = np.asarray(counter, np.int64) % _PACKAGES
        if len(numbers) == 0:
            return np.empty(0)
        last = numbers[0] - 1 if self._last is None else self._last
        steps = np.diff(numbers, prepend=last) % _PACKAGES
        index = self._n_samples + np.cumsum(np.where(steps == 0, 1, steps)) - 1
        self._last, self._n_samples = int(numbers[-1]), int(index[-1]) + 1
        return index / self.sfreq


def _brainflow() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it uses pkg_resources, which is deprecated
            from brainflow import board_shim

            board_shim.BoardShim.get_eeg_channels(board_shim.BoardIds.SYNTHETIC_BOARD.value)
    except ImportError as error:
        raise ImportError(_INSTALL) from error
    return board_shim
