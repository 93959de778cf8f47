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
# try_again_seconds = [60, 300, 900]      # how long Prefect's runs wait before they ask again, where it cannot be reached
# [records.queries]                       # a query in place of a table or view
# cin_cases = "SELECT ... FROM ..."

[ledger]
url = "sqlite:///ledger.db"               # SQLite for one machine; postgresql+psycopg://... in production

[delivery]
mode = "folder"                           # folder: files. staging: all to one address. live: sent, where --live or
                                          # CIN_REMINDERS__LIVE=true says so too
folder = "outbox"
channel = "email"                         # what e-mail goes by: email (a relay, below) or graph (Microsoft Graph, below)
# fallback = "graph"                      # where channel fails for good: email, graph, or teams (reminders only)
allowed_domains = []                      # ["council.gov.uk"]: staff at other domains are refused and reported. live needs it
partner_domains = []                      # ["nhs.net"]: health, schools: they get meeting notices, and never hear of a duty
# staging_address = "rehearsal@council.example"   # mode staging sends every message here, and to nobody else
# quiet_from = 18:00:00                   # from here to quiet_until nothing is sent; it waits for the deployment deliver-due
# quiet_until = 07:30:00
# notify_from = 2026-04-01                # the first day that people are to hear of. A new ledger does not go live without it
# patience_seconds = 60                   # how long a run waits for a relay that says "later"

[email]
host = ""                                 # the relay; live needs it where channel or fallback is email
port = 587
security = "starttls"                     # starttls or tls; none only for a relay on this machine
# username = "..."                        # the password: CIN_REMINDERS__EMAIL__PASSWORD, or
# password_file = "smtp-password"
# ca_file = "relay-ca.pem"                # where the relay's certificate is the council's own
# timeout_seconds = 30
from_address = "cin-reminders@council.example"   # the sender, and the mailbox that Microsoft Graph sends from
from_name = "Child in Need reminders"
reply_to = "childrens.data@council.example"   # a mailbox that a person reads

[graph]                                   # with the permission Mail.Send, limited to the mailbox of from_address
# tenant = "..."                          # the directory's id
# client_id = "..."                       # the application's id; the secret: CIN_REMINDERS__GRAPH__CLIENT_SECRET, or
# client_secret_file = "graph-secret"
# authority = "https://login.microsoftonline.com"
# endpoint = "https://graph.microsoft.com/v1.0"
# ca_file = "proxy-ca.pem"                # where a proxy of the council's own stands between
# timeout_seconds = 30

[teams]                                   # cards in Teams: a copy for convenience, beside the e-mail
# webhooks_file = "webhooks.toml"         # a line for each channel: name = "https://...". The addresses are secrets
# ca_file = "proxy-ca.pem"
# timeout_seconds = 30
# [teams.managers]                        # the channel that shows what a team's managers are told
# "North" = "north-managers"

[notify]                                  # GOV.UK Notify, by which families are told of meetings; without a key none is
# api_key_file = "notify-key"             # or CIN_REMINDERS__NOTIFY__API_KEY
prefer = "email"                          # or text: what somebody with an address and a mobile number gets
# family_from = 08:00:00                  # families are written to between these
# family_until = 20:00:00
# base_url = "https://api.notifications.service.gov.uk"
# ca_file = "proxy-ca.pem"
# timeout_seconds = 30
# [notify.templates]                      # the id of each template at Notify; docs/settings.md says what to type there
# "email" = "00000000-0000-4000-8000-000000000001"
# "cancelled.email" = "00000000-0000-4000-8000-000000000002"

[caps]                                    # reminders on one day; the rest waits. 0 is no cap; escalations have none
a_person = 40
a_case = 20

[calendar]
extra_days = []                           # a bank holiday announced late
put_back_days = []                        # a bank holiday that became a working day
closure_days = []                         # the council is closed: no clock stops, but messages go earlier or later

[meetings]                                # what notices of meetings say to whom, and what their checks rest on
days = 30                                 # how many days ahead
# term_dates = "term-dates.csv"           # first_on, last_on, kind (term or closed); or a calendar file, .ics
# school_begins = 08:45:00
# school_until = 15:30:00
understanding_from = 10                   # the age from which a child is expected to be asked to their meeting
# children_from_age = 12                  # the age from which a child would be written to; without it no child is
invite = false                            # whether those whom nobody has invited get an invitation
# notify_from = 2026-06-01                # the first day on which a notice of a meeting goes; else that of [delivery]
family_name = "family meeting"            # what families and partners read; never "child in need"
# family_contact = "children's services on 01632 960000"   # how families and partners reach somebody
# translations = "translations"           # texts for families in other languages, meeting_family.pl.txt: see docs/settings.md

[guards]
shrink_share = 0.2                        # an extract that shrank by more than this share is held for a person's word
run_times = 3                             # so is a run that would tell more than so many times the usual of a working day,
run_at_least = 100                        # but never one of so many notices or fewer

[retention]                               # what `cin-reminders purge` and the monthly deployment remove once it is older
months = 24                               # 3 to 120; cases stay in the records for 24 months after they close

[report]
folder = "reports"
# url = "https://intranet.council.example/reports"   # where people open that folder; messages then link to the report

[watch]                                   # who watches the service itself
# heartbeat_url = "https://hc.council.example/ping/..."   # called after each good run, and with /fail after others
# ca_file = "council-ca.pem"
timeout_seconds = 10
# operator = "data.team@council.gov.uk"   # whom Prefect tells of a run that failed, and
# operator_channel = "data-team"          # their Teams channel, as webhooks_file names it
"""


def settings_text(policy: str) -> str:
    """The text of a settings file for a council that works by a pack. Raises UsageError for a pack that does not exist."""
    if policy not in packs():
        raise UsageError(f"--policy {policy}: no such pack{nearest(policy, packs())}")
    return _TEXT.format(policy=policy)
