import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.demonstration.supervisor import NotStarted, Program, Supervisor, require_free_ports
from tests.ports import free_base

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    return Supervisor(tmp_path / "log", tmp_path / "root.pem")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_what_was_started_is_stopped(supervisor: Supervisor) -> None:
    supervisor.start([Program("sleeper", SLEEP)])
    pid = supervisor.running["sleeper"].pid

    supervisor.stop()

    assert not _lives(pid)


def test_a_process_without_a_page_to_ask_is_ready_when_it_listens(supervisor: Supervisor) -> None:
    port = free_base()
    late = f"import socket, time; time.sleep(0.5); s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"

    supervisor.start([Program("late", (sys.executable, "-c", late), port=port)])

    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    supervisor.stop()


def test_a_killed_process_is_seen_and_can_be_started_again(supervisor: Supervisor) -> None:
    supervisor.start([Program("sleeper", SLEEP)])
    supervisor.kill("sleeper")

    fallen = supervisor.fallen()
    supervisor.restart("sleeper")

    assert fallen == ["sleeper"]
    assert supervisor.fallen() == []
    supervisor.stop()


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from scripts.demonstration.supervisor import Program, Supervisor\n"
        "folder = Path(sys.argv[1]); s = Supervisor(folder / 'log', folder / 'root.pem')\n"
        "s.start([Program('sleeper', (sys.executable, '-c', 'import time; time.sleep(60)'))])\n"
        "print(s.running['sleeper'].pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not _lives(child)


def test_a_process_that_does_not_come_up_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    loud = Program("loud", (sys.executable, "-c", "import sys; sys.exit('no key')"), {}, "http://127.0.0.1:9/readyz")

    with pytest.raises(NotStarted, match="loud did not start") as fault:
        supervisor.start([loud])

    assert "no key" in str(fault.value)
    supervisor.stop()


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(NotStarted, match=str(port)):
            require_free_ports(port, 1)
