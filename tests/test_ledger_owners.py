"""Owners: a claim of a process that is gone from this host is known to be nobody's, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ledgers import owner_of_a_process_that_ended

from cin_reminders.owner import children_of, is_gone, this_owner


def test_an_owner_is_named_once_only() -> None:
    assert this_owner() != this_owner()


def test_a_running_process_is_not_gone() -> None:
    assert not is_gone(this_owner())


def test_a_process_that_ended_is_gone() -> None:
    assert is_gone(owner_of_a_process_that_ended())


def test_a_killed_process_that_nobody_has_waited_for_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        stat = Path(f"/proc/{child.pid}/stat").read_text()
        host, _, _, number = this_owner().split(":")
        owner = f"{host}:{child.pid}:{stat.rpartition(')')[2].split()[19]}:{number}"
        assert not is_gone(owner)
        child.kill()
        while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            pass
        assert is_gone(owner)


def test_a_process_id_used_again_by_another_process_does_not_stand_in_for_it() -> None:
    host, pid, start, number = this_owner().split(":")

    assert is_gone(f"{host}:{pid}:{int(start) + 1}:{number}")


@pytest.mark.parametrize("owner", ["", "elsewhere/1:4242:99:1", "nonsense", "a:b:c:d"])
def test_of_a_process_elsewhere_nothing_is_known(owner: str) -> None:
    assert not is_gone(owner)


def test_the_children_of_a_process_are_those_that_it_began_and_that_still_run() -> None:
    # A child that has a child of its own, and says which.
    program = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        assert child.pid in children_of(os.getpid())
        assert grandchild not in children_of(os.getpid())
        assert children_of(child.pid) == {grandchild}
        os.kill(grandchild, 9)
        # It waits for its parent, who does not ask, and runs no more.
        while Path(f"/proc/{grandchild}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            pass
        assert children_of(child.pid) == set()
        child.kill()
    assert child.pid not in children_of(os.getpid())
