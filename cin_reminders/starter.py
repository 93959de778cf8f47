"""The settings file that `init` writes: every setting with its meaning, ready to be changed."""

from __future__ import annotations

from cin_reminders.errors import UsageError
from cin_reminders.policy_file import packs
from cin_reminders.words import nearest

_TEXT = """\
# Settings of cin-reminders for one council. Paths are relative to this file. Any value may also be set as an environment
# variable: CIN_REMINDERS__RECORDS__URL is [records] url. Secrets come from the environment or a file, never from here.
council = "{policy}"                        # a short name in small letters; it stands in every key of the ledger
policy = "{policy}"                         # a pack's id, or the path of a pack folder
wrong_contact = "your children's services data team"   # whom a reader tells that a message is wrong

[records]
url = "sqlite:///records.db"              # any SQLAlchemy URL, or "csv:FOLDER"
layout = "contract"
# date_format = "%d/%m/%Y"                # only where the records hold dates as text that is not YYYY-MM-DD
# [records.queries]                       # a query in place of a table or view
# cin_cases = "SELECT ... FROM ..."

[ledger]
url = "sqlite:///ledger.db"               # SQLite for one machine; postgresql+psycopg://... in production

[delivery]
mode = "folder"                           # folder: files. live: sent, where --live or CIN_REMINDERS__LIVE=true says so too
folder = "outbox"
allowed_domains = []                      # ["council.gov.uk"]: staff at other domains are refused and reported. live needs it
partner_domains = []                      # ["nhs.net"]: health, schools: they get meeting notices, and never hear of a duty
# notify_from = 2026-04-01                # the first day that people are to hear of. A new ledger does not go live without it

[email]
host = ""                                 # the relay; live needs it
port = 587
security = "starttls"                     # starttls or tls
# username = "..."                        # the password: CIN_REMINDERS__EMAIL__PASSWORD, or
# password_file = "smtp-password"
# ca_file = "relay-ca.pem"                # where the relay's certificate is the council's own
from_address = "cin-reminders@council.example"
from_name = "Child in Need reminders"
reply_to = "childrens.data@council.example"   # a mailbox that a person reads

[calendar]
extra_days = []                           # a bank holiday announced late
put_back_days = []                        # a bank holiday that became a working day
closure_days = []                         # the council is closed: no clock stops, but messages go earlier or later

[guards]
shrink_share = 0.2                        # an extract that shrank by more than this share is held for a person's word

[report]
folder = "reports"
"""


def settings_text(policy: str) -> str:
    """The text of a settings file for a council that works by a pack. Raises UsageError for a pack that does not exist."""
    if policy not in packs():
        raise UsageError(f"--policy {policy}: no such pack{nearest(policy, packs())}")
    return _TEXT.format(policy=policy)
