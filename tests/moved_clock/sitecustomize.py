"""The clock of a machine that a test moves: loaded by each of its programs as it starts, by way of PYTHONPATH.

A file says by how many seconds the machine's clock is ahead of this one's. Time goes on meanwhile, and where the file changes it
has leapt, as on a machine that was suspended: what measures durations notices nothing.
"""

import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path


def follow(file: Path) -> None:
    # Every program on the path loads this module; the others are left alone.
    import time_machine

    ahead = float(file.read_text())
    clock = time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True).start()
    # Setting it off takes a moment, on a busy machine seconds, by which this program would be behind the others.
    clock.shift(time_machine.escape_hatch.time.time() + ahead - time.time())
    pause = threading.Event().wait

    def watch(ahead: float) -> None:
        while True:
            pause(0.1)
            with suppress(OSError):
                wanted = float(file.read_text())
                clock.shift(wanted - ahead)
                ahead = wanted

    threading.Thread(target=watch, args=(ahead,), daemon=True).start()


if named := os.environ.get("CLOCK_AHEAD_IN"):
    follow(Path(named))
