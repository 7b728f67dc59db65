"""JupyterLab is started where the notebooks are, and its end is waited for."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from ppo_lesson import __main__ as door
from ppo_lesson.commands import lab


class Server:
    """Stands for the process of JupyterLab: two Ctrl-C, then it ends with code 3."""

    returncode = None

    def __init__(self, command, cwd):
        self.called = (command, cwd)
        self.waits = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def poll(self):
        return self.returncode

    def wait(self):
        self.waits += 1
        if self.waits < 3:
            raise KeyboardInterrupt
        self.returncode = 3


@pytest.mark.parametrize(("first", "opened"), [("00.ipynb", ["00.ipynb"]), (None, [])])
def test_it_is_this_interpreters_and_ctrl_c_is_left_to_it(first, opened, monkeypatch, tmp_path):
    servers = []
    monkeypatch.setattr(
        lab.subprocess, "Popen", lambda *a, **k: servers.append(Server(*a, **k)) or servers[0]
    )
    assert lab.start(tmp_path, first) == 3
    assert servers[0].called == ([sys.executable, "-m", "jupyterlab", *opened], tmp_path)
    assert servers[0].waits == 3


def test_where_it_is_missing_the_notebooks_are_there_and_a_sentence_says_what_to_do(
    course, monkeypatch, capsys
):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    assert door.main(["open"]) == 2
    said = capsys.readouterr()
    assert said.out.startswith("Copied the course's 2 notebooks into ")
    assert said.err.startswith("error: JupyterLab is not installed here; the notebooks are in ")
    assert said.err.endswith("-m pip install 'ppo-lesson[lab]'\n") and said.err.count("\n") == 1


@pytest.mark.slow
def test_this_interpreter_has_the_program_that_is_called():
    command = [sys.executable, "-m", "jupyterlab", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout[0].isdigit() and lab.is_installed()


# A browser that writes the page it is sent to into a pipe; whoever reads there waits for it.
BROWSER = '#!/bin/sh\ncat "${1#file://}" > opened\n'


@pytest.mark.exhaustive
@pytest.mark.skipif(os.name != "posix", reason="Windows sends Ctrl-C in another way")
def test_open_starts_a_real_jupyterlab_on_the_first_notebook_and_ctrl_c_ends_both(tmp_path):
    server = {"allow_root": True, "port": 0, "answer_yes": True, "use_redirect_file": True}
    (tmp_path / "jupyter_server_config.json").write_text(json.dumps({"ServerApp": server}))
    (tmp_path / "browser").write_text(BROWSER.replace("opened", str(tmp_path / "opened")))
    (tmp_path / "browser").chmod(0o755)
    os.mkfifo(tmp_path / "opened")
    places = {"JUPYTER_CONFIG_DIR": str(tmp_path), "BROWSER": f"{tmp_path / 'browser'} %s"}
    with subprocess.Popen(
        [sys.executable, "-m", "ppo_lesson", "open"],
        cwd=tmp_path,
        env={**os.environ, **places},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as program:
        try:
            page = (tmp_path / "opened").read_text()
            found = re.search(r"(http://[^\"]+)/lab/tree/00_start_here.ipynb(\?token=\w+)", page)
            assert found, page
            # It calls the browser before it listens to anybody: what answers, listens to Ctrl-C.
            urllib.request.urlopen("{}/api/status{}".format(*found.groups())).close()
            os.killpg(program.pid, signal.SIGINT)  # as a terminal does
            assert program.wait() == 0
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)
    assert (tmp_path / "my_notebooks" / "00_start_here.ipynb").is_file()
