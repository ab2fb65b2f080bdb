"""Objects of a bucket, or files of a web server, through obstore."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from eegzoo.data.store.remote.fork_state import is_forked, mark_used

SCHEMES = ("s3", "gs", "az", "http", "https")
_EXPIRED = re.compile(
    r"ExpiredToken|TokenRefreshRequired|InvalidToken|InvalidAccessKeyId|SignatureDoesNotMatch|"
    r"RequestTimeTooSkewed|AuthenticationFailed|InvalidAuthenticationInfo|invalid_grant"
)
_KIND = re.compile(r"HttpError \{\s+kind: (\w+)")
_REASONS = {"Connect": "no connection", "Timeout": "timed out"}
_LONGEST = 300  # characters of a server's message


def is_url(location: object) -> bool:
    """Return whether a location is a URL, and not a path.

    Examples
    --------
    >>> is_url("s3://bucket/store"), is_url("store"), is_url("/data/store")
    (True, False, False)
    """
    return (
        isinstance(location, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", location) is not None
    )


def checked_url(url: str) -> str:
    """Return a URL without the slash at its end, and with its scheme in small letters.

    Raises
    ------
    ValueError
        If it is not that of a store that can be read, or holds credentials, which do not belong
        into messages and logs.

    Examples
    --------
    >>> checked_url("S3://bucket/Store/")
    's3://bucket/Store'
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(
            f"expected a path, or a URL that begins with {'://, '.join(SCHEMES)}://, got one that "
            f"begins with {parts.scheme}://"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "expected a URL without user, password, query and fragment, got one for "
            f"{without_secrets(url)}; credentials are taken from the environment or from "
            "storage_options"
        )
    if not parts.netloc:
        raise ValueError(f"expected a URL with a bucket or a server, got {url!r}")
    return parts.scheme + url[len(parts.scheme) :].rstrip("/")


def without_secrets(url: str) -> str:
    """Return a URL without user, password, query and fragment, for messages.

    Examples
    --------
    >>> without_secrets("https://me:secret@server/store?sig=secret")
    'https://server/store'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


class Bucket:
    """Objects below a URL.

    Requests that fail for a reason that can pass (time-outs, lost connections, answers 5xx) are
    repeated by obstore, with growing pauses.

    Parameters
    ----------
    url : str
        URL.
    options : mapping of str to object
        Keyword arguments of `obstore.store.from_url`. They may hold credentials.

    Raises
    ------
    ImportError
        If obstore is not installed.
    ValueError
        If the URL or an option is wrong.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.url = checked_url(url)
        self._options = dict(options)
        if not is_forked():
            with self._named(""):
                _ = self._objects  # checks the options

    @property
    def can_list(self) -> bool:
        """Whether objects can be listed. Web servers have no standard for it."""
        return not self.url.startswith("http")

    def read(self, name: str) -> bytes:
        """Return a whole object.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        OSError
            If it cannot be read; the message says why.
        """
        with self._named(name):
            return bytes(self._objects.get(name).bytes())

    def read_range(self, name: str, start: int, n_bytes: int) -> Any:
        """Return a buffer with bytes of an object; fewer if it ends before.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        OSError
            If it cannot be read; the message says why.
        """
        with self._named(name):
            return self._objects.get_range(name, start=start, length=n_bytes)

    def sizes(self) -> dict[str, int]:
        """Return the size of each object, in bytes.

        Raises
        ------
        OSError
            If they cannot be listed; the message says why.
        """
        with self._named(""):
            found = (item for some in self._objects.list() for item in some)
            return {item["path"]: int(item["size"]) for item in found}

    def write(self, name: str, content: Any) -> None:
        """Write an object, which appears whole or not at all.

        Parameters
        ----------
        name : str
            Name of the object.
        content : bytes | iterator of bytes
            Its content. If the iterator raises an error, there will be no object.

        Raises
        ------
        OSError
            If it cannot be written; the message says why.
        """
        with self._named(name, "write"):
            self._objects.put(name, content)

    @functools.cached_property
    def _objects(self) -> Any:
        try:
            from obstore.store import from_url
        except ImportError as error:
            raise ImportError(
                f"{self.url} is read through obstore, which is not installed; "
                "pip install 'eegzoo[cloud]'"
            ) from error
        if is_forked():  # it would wait forever
            raise RuntimeError(
                f"expected a process that was not forked from one that had used {self.url}; start "
                'it with the method "spawn" or "forkserver"'
            )
        mark_used()
        options = dict(self._options)
        endpoint = _endpoint(options)
        if (endpoint or self.url).startswith("http://"):
            options["client_options"] = {"allow_http": True, **options.get("client_options", {})}
        try:
            return from_url(self.url, **options)
        except Exception as error:
            told = _summary(error)
            for name, value in _each(self._options):  # nothing is asked of a server yet
                try:
                    from_url(self.url, **value)
                except Exception as of_one:
                    if _summary(of_one) == told:  # not for want of another option
                        raise ValueError(f"{name}: {told}") from None
            raise ValueError(told) from None

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self.url, "_options": self._options}

    def __repr__(self) -> str:
        return f"Bucket({self.url!r})"

    @contextlib.contextmanager
    def _named(self, name: str, verb: str = "read") -> Iterator[None]:
        """Turn errors of obstore into those of Python, without what may hold credentials."""
        place = f"{self.url}/{name}" if name else self.url
        try:
            yield
        except (ImportError, MemoryError, RuntimeError):
            raise
        except Exception as error:
            raise _translated(error, place, verb) from None  # its text may show credentials


def _endpoint(options: Mapping[str, Any]) -> str:
    """Return the address of the server in some options, or an empty string."""
    for name, value in options.items():
        if name.lower().endswith(("endpoint", "endpoint_url")):
            parts = urlsplit(str(value))
            if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
                raise ValueError(f"{name}: expected http://SERVER or https://SERVER")
            return str(value)
    return ""


def _each(options: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each option, and options with that one alone."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            for key, part in value.items():
                yield str(key), {name: {key: part}}
        else:
            yield name, {name: value}


def _summary(error: Exception) -> str:
    return " ".join(str(error).split("\n\nDebug source", 1)[0].split())


def _translated(error: Exception, place: str, verb: str) -> Exception:
    """Return an error of Python for one of obstore."""
    kind, whole, summary = type(error).__name__, str(error), _summary(error)
    if expired := _EXPIRED.search(whole):
        return PermissionError(
            f"cannot {verb} {place}: the credentials are refused ({expired[0]}); renew them"
        )
    if isinstance(error, FileNotFoundError):
        if "NoSuchBucket" in whole or "ContainerNotFound" in whole:
            return FileNotFoundError(f"cannot {verb} {place}: there is no such bucket")
        return FileNotFoundError(f"no such object: {place}")
    if kind in ("PermissionDeniedError", "UnauthenticatedError"):
        status = re.search(r"status code: (\d+ [A-Za-z ]+)", summary)
        return PermissionError(
            f"cannot {verb} {place}: access is refused ({status[1] if status else kind}); check "
            "the credentials in the environment or in storage_options"
        )
    if kind == "NotSupportedError":
        return OSError(f"cannot {verb} {place}: the server does not send parts of files")
    if kind in ("UnknownConfigurationKeyError", "BaseError", "ValueError", "TypeError"):
        return ValueError(f"expected storage_options that obstore takes for {place}: {summary}")
    told = re.sub(r"Error performing \S+ \S+ in [\w.µ]+(, | - )?", "", summary)
    told = re.sub(r"\?\S*", "", told)[:_LONGEST]  # queries may be signed
    found = _KIND.search(whole)
    if found and found[1] in _REASONS:
        told = f"{_REASONS[found[1]]}: {told}"
    wrong = TimeoutError if found and found[1] == "Timeout" else OSError
    return wrong(f"cannot {verb} {place}: {told}")
