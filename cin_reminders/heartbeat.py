"""The heartbeat: a watchman outside hears that the day's run was done, and raises the alarm when nothing is heard.

It is told nothing but that: no council, no date, no count.
"""

from __future__ import annotations

from cin_reminders.channels.https import NotHandedOver, Poster, Unanswered, Unreached
from cin_reminders.settings import Settings


def say_how_it_went(settings: Settings, *, good: bool) -> str | None:
    """Call the heartbeat address of the settings once; return why it could not be called, None where it was or there is none.

    An empty request goes to the address itself after a good run, and to the address with /fail at its end after any other.
    Never raises: a watchman who cannot be reached is no reason to fail a run, and raises the alarm himself.
    """
    watch = settings.watch
    if watch.heartbeat_url is None:
        return None
    address = watch.heartbeat_url if good else f"{watch.heartbeat_url.rstrip('/')}/fail"
    try:
        poster = Poster(ca_file=settings.path(watch.ca_file) if watch.ca_file else None, timeout=watch.timeout_seconds)
    except ValueError as error:
        return f"watch.{error}"
    try:
        answer = poster.post(address, headers={}, body=b"")
    except Unreached as error:
        return f"watch.heartbeat_url: {error}"
    except (NotHandedOver, Unanswered):
        return "watch.heartbeat_url: no answer came"
    finally:
        poster.close()
    return None if answer.is_yes else f"watch.heartbeat_url: it answered {answer.status}"
