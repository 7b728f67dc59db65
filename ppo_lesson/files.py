"""Files that are never half written, and where this package may write at all.

It stands below every floor: progress, notebooks, recorded experiments and commands write with it.
"""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path:
    """Return the folder of the repository that this package is run from.

    Raises:
        FileNotFoundError: the package was installed without the rest of the repository.
    """
    folder = PACKAGE.parent
    settings = folder / "pyproject.toml"
    if not (settings.is_file() and 'name = "ppo-lesson"' in settings.read_text(encoding="utf-8")):
        raise FileNotFoundError(
            f"{PACKAGE} is an installed package, not a checkout of ppo_lesson: nothing is written "
            "into it; name a file or folder of your own"
        )
    return folder


def course() -> Path:
    """Return the folder of the course's own notebooks: installed with the package, or a checkout's.

    Raises:
        FileNotFoundError: there is neither.
    """
    installed = PACKAGE / "course"  # setup.py puts the checkout's folder there
    return installed if installed.is_dir() else checkout() / "notebooks"


def beside(name: str) -> Path:
    """Find a file that a checkout has beside the package; setup.py puts it into a wheel.

    Raises:
        FileNotFoundError: there is neither.
    """
    installed = PACKAGE / name
    return installed if installed.is_file() else checkout() / name


def replace_text(path: Path, text: str, mode: int = 0o666) -> None:
    """Do what `replace_bytes` does with a text, in UTF-8 and as it is."""
    replace_bytes(path, text.encode(), mode)


def replace_bytes(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file in one step: on disk is the old one or the new one, never half of it.

    Of a link, the file that it leads to is written, and the link stays. A file keeps its rights.

    Args:
        path: where to write.
        content: what to write.
        mode: the rights of a file that is new, less what the umask takes away.

    Raises:
        OSError: it cannot be written; a file that is read-only is not replaced either.
    """
    with _named(path):
        target = _writable(path)
        beside = target.with_name(f".{target.stem}-{secrets.token_hex(6)}.tmp")
        try:
            opener = partial(os.open, mode=mode)
            with open(beside, "xb", opener=opener) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                with suppress(OSError):  # a file system that knows no rights
                    beside.chmod(target.stat().st_mode)
            os.replace(beside, target)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise


def require_writable(path: Path) -> None:
    """Find out before long work whether `replace_text` will be able to write there.

    Raises:
        OSError: it will not.
    """
    with _named(path), tempfile.TemporaryFile(dir=_writable(path).parent):
        pass


def make_folder(path: Path) -> None:
    """Make a folder where there is none.

    Raises:
        OSError: it cannot be made, or something else has that name.
    """
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file, not a folder", str(path))
    path.mkdir(parents=True, exist_ok=True)


def spare_others(paths: Iterable[Path], mark: str) -> None:
    """Refuse to write over files that a command of ours did not write.

    Args:
        paths: what it is about to write.
        mark: stands in each file that it writes.

    Raises:
        OSError: a file is there, and without the mark.
    """
    for path in paths:
        if path.exists() and (not path.is_file() or mark.encode() not in path.read_bytes()):
            raise not_ours(path)


def not_ours(path: Path) -> FileExistsError:
    """Say that a file is there which a command of ours has not written, and does not replace."""
    what = "it is there already, and this command has not written it; name another folder"
    return FileExistsError(errno.EEXIST, what, str(path))


def sentence(error: Exception) -> str:
    """Say what went wrong, on one line: of the operating system's errors, with the file's name."""
    if isinstance(error, OSError) and error.strerror:
        name = error.filename2 or error.filename
        return f"{name}: {error.strerror}" if name else error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _writable(path: Path) -> Path:
    """Follow links to the file that is to be written, and refuse what must not be replaced."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():  # a circle of links
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if target.exists() and not os.access(target, os.W_OK):  # os.replace would not ask
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return target


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an error name the file that was asked for, not the temporary one beside it."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # not the operating system's
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
