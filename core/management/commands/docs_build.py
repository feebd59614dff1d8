"""`make docs`: the two documents that are written by the code itself."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.facts import Event, Subscriber, subscribers
from core.states import Machine, machines

HEADER = "<!-- Made by `make docs` from the code: do not edit. -->\n\n"


class Command(BaseCommand):
    help = "Write docs/states.md and docs/facts.md; with --check fail when they are stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "docs"
        pages = {"states.md": states_page(), "facts.md": facts_page()}
        stale = []
        for name, text in pages.items():
            path = folder / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
                if not options["check"]:
                    path.write_text(text, encoding="utf-8")
        if stale and options["check"]:
            raise CommandError(f"stale: {', '.join(stale)}; run `make docs`")
        self.stdout.write(f"docs: {', '.join(stale) if stale else 'fresh'}")


def states_page() -> str:
    """Every machine as a diagram and a table."""
    parts = [HEADER + "# State machines\n\nNothing but these moves changes a state.\n"]
    parts.extend(_machine(machine) for machine in machines())
    return "\n".join(parts)


def _machine(machine: Machine) -> str:
    lines = [
        f"## {machine.name}\n",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {machine.initial}",
    ]
    lines += [
        f"    {source} --> {move.target}: {move.name}"
        for move in machine.moves.values()
        for source in move.sources
        if source != move.target
    ]
    lines += ["```\n", "| move | from | to | when | fact |", "| --- | --- | --- | --- | --- |"]
    for move in machine.moves.values():
        sources = ", ".join(move.sources)
        fact = f"`{move.fact.name}`" if move.fact else ""
        lines.append(f"| {move.name} | {sources} | {move.target} | {move.because} | {fact} |")
    return "\n".join(lines) + "\n"


def _how(subscriber: Subscriber) -> str:
    if subscriber.inline:
        return " (inline)"
    return " (first)" if subscriber.first else ""


def facts_page() -> str:
    """Every fact, what it holds, and who is told."""
    lines = [
        HEADER + "# Facts\n",
        "Inline subscribers are told right after commit by the same process; the others by a queue,",
        "those that come first before the rest. A sweep tells whoever was missed.\n",
        "| fact | means | holds | subscribers |",
        "| --- | --- | --- | --- |",
    ]
    for name in sorted(Event.registry):
        event = Event.registry[name]
        if event.__module__.startswith(("core.tests", "tests")):
            continue
        holds = ", ".join(f"`{field.name}`" for field in fields(event))  # type: ignore[arg-type]
        told = ", ".join(f"`{one.name}`{_how(one)}" for one in subscribers(event))
        means = " ".join((event.__doc__ or "").strip().split("\n\n")[0].split())
        lines.append(f"| `{name}` | {means} | {holds} | {told} |")
    return "\n".join(lines) + "\n"
