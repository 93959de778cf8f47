"""`cin-reminders policy ...`: the packs that come with the service, and those that a council writes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from cin_reminders.cli.shared import AsJson, out, print_json
from cin_reminders.errors import PolicyError, UsageError
from cin_reminders.examples import failures, load_examples
from cin_reminders.pack_difference import differences
from cin_reminders.pack_page import page_of
from cin_reminders.pack_schema import pack_schema
from cin_reminders.pack_template import begun_pack
from cin_reminders.policy import Edition, Policy
from cin_reminders.policy_file import EXAMPLES, load_edition, load_policy, packs, policy_folder
from cin_reminders.words import count_of, day_in_words
from cin_reminders.working_days import make_calendar

policy_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Packs: a council's written procedure as rules. A pack is named by its id or by the path of its folder.",
)

Pack = Annotated[str, typer.Argument(metavar="PACK", help="A pack's id, or the path of its folder or of one edition's file.")]


@policy_app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the packs that come with the service."""
    newest = [(name, load_policy(name).newest) for name in packs()]
    if as_json:
        print_json([_as_json(name, edition) for name, edition in newest])
        return
    for name, edition in newest:
        duties = count_of(len(edition.duties), "duty", "duties")
        _say(f"{name}: {edition.council}, {edition.title}, {edition.edition}, from {day_in_words(edition.in_force_on)}; {duties}")


def _as_json(name: str, edition: Edition) -> dict[str, Any]:
    return {
        "policy": name,
        "council": edition.council,
        "title": edition.title,
        "edition": edition.edition,
        "in_force_on": edition.in_force_on.isoformat(),
        "plan_types": list(edition.plan_types),
        "duties": [duty.duty for duty in edition.duties],
    }


@policy_app.command()
def show(pack: Pack) -> None:
    """Print a procedure as its pack says it, to be read beside the chapter."""
    policy = _policy(pack)
    _say(page_of(policy, policy.newest))


@policy_app.command()
def check(pack: Pack) -> None:
    """Look a pack over: every fault at once, then whether its worked examples come out."""
    try:
        policy, examples, faults = _checked(pack)
    except PolicyError as error:
        policy, examples, faults = None, None, list(error.problems)
    for fault in faults:
        _say(f"problem: {fault}")
    if policy is None or faults:
        _say(f"{count_of(len(faults), 'problem')}.")
        raise typer.Exit(1)
    if examples is None:
        _say(f"note: no {EXAMPLES} beside it, so nothing proves the pack yet.")
    duties = {duty.duty for edition in policy.editions for duty in edition.duties}
    _say(f"All is well: {count_of(len(duties), 'duty', 'duties')}, {count_of(examples or 0, 'example')}.")


def _checked(pack: str) -> tuple[Policy, int | None, list[str]]:
    """The pack, the number of its worked examples, and those that do not come out. Raises PolicyError with every fault."""
    policy = _policy(pack)
    # One file alone may lie anywhere; its folder's examples are proved with the whole folder.
    file = None if Path(pack).is_file() else policy_folder(pack) / EXAMPLES
    if file is None or not file.is_file():
        return policy, None, []
    examples = load_examples(file, policy)
    return policy, len(examples), [f"{EXAMPLES}: {said}" for said in failures(policy, examples, make_calendar())]


@policy_app.command()
def diff(old: Pack, new: Pack, as_json: AsJson = False) -> None:
    """Say what changed from one edition to another, in the words of the rules; of a folder, its newest edition is taken."""
    changes = differences(_policy(old).newest, _policy(new).newest)
    if as_json:
        print_json([{"about": one.about, "what": one.what, "was": one.was, "now": one.now} for one in changes])
        return
    for change in changes:
        _say(str(change))
    _say(f"{count_of(len(changes), 'change')}." if changes else "Nothing changed.")


@policy_app.command()
def new(
    new_id: Annotated[str, typer.Argument(metavar="ID", help="The new pack's id, such as `north-shire`.")],
    source: Annotated[str, typer.Option("--from", metavar="PACK", help="The pack to begin from: its id or folder.")],
    folder: Annotated[Path, typer.Option("--dir", help="Where the pack's folder is made.")] = Path(),
    in_force: Annotated[
        str | None, typer.Option("--in-force", metavar="YYYY-MM-DD", help="The day the procedure came into force.")
    ] = None,
    council: Annotated[str | None, typer.Option("--council", help="The council's name, as messages say it.")] = None,
) -> None:
    """Begin a pack from another: same rules and comments, own id; it passes `check` at once and overwrites nothing."""
    if new_id in packs():
        raise UsageError(f"{new_id}: a pack of this id comes with the service; choose another")
    target = folder / new_id
    if target.exists():
        raise UsageError(f"{target}: stands already and is left as it is; choose another id or --dir")
    edition = load_policy(source).newest
    own = policy_folder(source)
    examples = own / EXAMPLES
    try:
        files = begun_pack(
            next(one for one in own.iterdir() if one.name.startswith(f"{edition.in_force_on}.y")).read_text(encoding="utf-8"),
            examples.read_text(encoding="utf-8") if examples.is_file() else None,
            source=source,
            new_id=new_id,
            council=council,
            in_force_on=_day(in_force) or edition.in_force_on,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    try:
        target.mkdir(parents=True)
        for name, text in files.items():
            (target / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from None
    for name in files:
        _say(f"{target / name} is written.")
    _say(f"Read each clause beside your own chapter, then: cin-reminders policy check {target}")


@policy_app.command()
def schema(
    pack: Annotated[str | None, typer.Argument(metavar="[PACK]", help="A pack whose own events and facts count too.")] = None,
) -> None:
    """Print the JSON Schema of an edition, for completion in an editor."""
    editions = _policy(pack).editions if pack else ()
    events = dict.fromkeys(name for edition in editions for name in edition.events)
    facts = dict.fromkeys(name for edition in editions for name in edition.facts)
    print_json(pack_schema(events=events, facts=facts))


def _policy(pack: str) -> Policy:
    """A pack by its id or folder, or one edition by its file. Raises PolicyError with every fault."""
    file = Path(pack)
    if not file.is_file():
        return load_policy(pack)
    edition = load_edition(file)
    return Policy(id=edition.policy, editions=(edition,))


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--in-force {text}: is no day; write it YYYY-MM-DD") from None


def _say(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)
