"""The Teams channel: an Adaptive Card posted to a Workflows webhook. A courtesy: e-mail is the record.

Whoever has a webhook's address can post to its channel, so it is a secret: errors name the channel as the settings do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from cin_reminders.channels import ChannelDown, Doubtful, NotSent
from cin_reminders.channels.card_post import MOST_OCTETS, posted
from cin_reminders.channels.https import Answer, NotHandedOver, Poster, Unanswered, Unreached, Untrusted, address_fault
from cin_reminders.letter import Letter

# Of Power Automate, of Logic Apps, and of the older connectors.
HOSTS = (".environment.api.powerplatform.com", ".logic.azure.com", ".webhook.office.com")
CHANNEL_NAME = re.compile(r"\w[\w .&'()-]{0,79}")

# Not taken, and worth another try: too slow, too early, too many, closed for now.
COME_BACK = frozenset({408, 425, 429, 503})
GONE = frozenset({401, 403, 404, 410})
# How a 200 says that the card did not arrive: https://github.com/MicrosoftDocs/msteams-docs/issues/400 and 4145.
NOT_DELIVERED = "Webhook message delivery failed"
INNER_STATUS = re.compile(r"Microsoft Teams endpoint returned HTTP error (\d{3})\b", re.ASCII)
NOT_UNDERSTOOD = ("Summary or Text is required", "Bad payload received")


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamsWebhooks:
    """The webhook of each Teams channel, by the name that the council gives the channel.

    ``timeout`` is the longest wait in seconds for one answer. Raises ValueError with every fault, one a line: each names the
    channel, and none says anything of a webhook's address.
    """

    urls: Mapping[str, str] = field(repr=False)
    ca_file: Path | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "urls", MappingProxyType(dict(self.urls)))
        problems = []
        for number, (name, url) in enumerate(self.urls.items(), start=1):
            if not CHANNEL_NAME.fullmatch(name):
                # Not repeated: it may be an address put in the wrong place.
                problems.append(f"webhook {number}: its name must be 1 to 80 letters, figures, blanks or any of . & ' ( ) - _")
            elif fault := address_fault(url, hosts=HOSTS, with_query=True):
                problems.append(f"{name}: {fault}")
        if not self.timeout > 0:
            problems.append(f"timeout: {self.timeout} is not a number of seconds above 0")
        if problems:
            raise ValueError("\n".join(problems))


class TeamsChannel:
    """Posts letters that have a card to the webhook of the Teams channel they name. For one thread.

    Raises ValueError where ``ca_file`` or the proxy cannot be used.
    """

    name = "teams"

    def __init__(self, webhooks: TeamsWebhooks) -> None:
        self._urls = webhooks.urls
        self._poster = Poster(ca_file=webhooks.ca_file, timeout=webhooks.timeout)

    def send(self, letter: Letter) -> str:
        """Post the letter's card once; return ``202 queued``.

        Raises NotSent where it was certainly not taken (permanent where its webhook is unknown or gone, or the card cannot be
        posted), Doubtful where it may have been, and ChannelDown where the other side cannot be trusted.
        """
        url = self._urls.get(letter.to_address)
        if url is None:
            # The name comes from the records as well, so it may be anything.
            raise NotSent("there is no webhook of the Teams channel that this is for", permanent=True)
        webhook = f"the webhook of the Teams channel {letter.to_address}"
        answer = self._post(url, _body(letter), webhook)
        if failure := _failure(answer, webhook):
            raise failure
        return f"{answer.status} queued"

    def holds(self, letter_key: str) -> None:
        """None: a webhook cannot be asked what it took earlier."""

    def close(self) -> None:
        """Let go of the connections."""
        self._poster.close()

    def _post(self, url: str, body: bytes, webhook: str) -> Answer:
        failure: Exception
        try:
            return self._poster.post(url, headers={"Content-Type": "application/json"}, body=body)
        except Untrusted as error:
            failure = ChannelDown(f"{webhook}: {error}")
        except Unreached as error:
            # Each webhook has a host of its own: one that is gone must not keep the other channels' cards back.
            failure = NotSent(f"{webhook}: {error}", permanent=False)
        except NotHandedOver:
            failure = NotSent(f"{webhook}: the connection was lost before the card was handed over", permanent=False)
        except Unanswered:
            failure = Doubtful(f"{webhook}: the card was handed over and no answer came")
        raise failure


def _body(letter: Letter) -> bytes:
    try:
        body = posted(letter.card)
    except ValueError:
        raise NotSent("the letter's card is not an Adaptive Card in JSON", permanent=True) from None
    if len(body) > MOST_OCTETS:
        raise NotSent(f"the letter's card has {len(body)} octets as posted, over the {MOST_OCTETS} allowed", permanent=True)
    return body


def _failure(answer: Answer, webhook: str) -> Exception | None:
    """What a webhook's answer means; None where the card was taken."""
    if not answer.is_yes:
        return _refusal(answer.status, f"{webhook} answered {answer.status}", wish=answer.wish)
    said = f"{webhook} answered {answer.status}"
    if answer.is_html:
        return NotSent(f"{said} with a web page: something else answered in its place", permanent=True)
    if found := INNER_STATUS.search(answer.text):
        return _refusal(int(found[1]), f"{said} and in it {found[1]}", wish=answer.wish)
    if NOT_DELIVERED in answer.text:
        return NotSent(f"{said} and in it that the card was not delivered", permanent=False, retry_after=answer.wish)
    if answer.json().get("error") or any(words in answer.text for words in NOT_UNDERSTOOD):
        return NotSent(f"{said} and in it an error", permanent=True)
    if answer.status == 202:
        return None
    # Workflows answer with nothing or a JSON object of the council's own, the older connectors with 1.
    if answer.whole and (answer.text.strip() in ("", "1") or answer.json()):
        return None
    return Doubtful(f"{said} with words of no known meaning: the card may have been taken")


def _refusal(status: int, said: str, *, wish: float | None) -> Exception:
    if status in COME_BACK:
        return NotSent(said, permanent=False, retry_after=wish)
    if status >= 500:
        # Whoever answers stands before the workflow and may have started it: the same post again could be the second one.
        return Doubtful(f"{said}: the card may have been taken")
    if status in GONE:
        return NotSent(f"{said}: it is gone or no longer lets us in; make it again in Teams", permanent=True)
    return NotSent(said, permanent=True)
