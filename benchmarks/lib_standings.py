"""The results of a comparison: medians by number of connections and server."""

from __future__ import annotations

from dataclasses import dataclass

from lib_wrk import Measured
from rich.table import Table

OURS = "platform"
NOT_A_PEER = (OURS, "baseline")
HEADINGS = ("connections", "server", "req/s", "ours : this", "p50 ms", "p99 ms", "errors")


@dataclass(frozen=True)
class Load:
    """One round: the server, the number of connections, and what wrk measured."""

    server: str
    connections: int
    measured: Measured


def standings(title: str, loads: list[Load]) -> Table:
    """The medians, and the ratio of the platform's rate to that of each server."""
    grid = Table(title=title, title_justify="left")
    for heading in HEADINGS:
        grid.add_column(heading, justify="left" if heading == "server" else "right")
    figures = _medians(loads)
    for (connections, server), mine in figures.items():
        ours = figures.get((connections, OURS))
        grid.add_row(
            *(str(connections), server, f"{mine.requests_per_s:,.0f}"),
            f"{ours.requests_per_s / mine.requests_per_s:.1f}" if ours else "",
            *(f"{mine.p50_ms:.2f}", f"{mine.p99_ms:.1f}", str(mine.errors)),
        )
    return grid


def summary(loads: list[Load]) -> list[str]:
    """One line for each number of connections: the platform against the best of the peers."""
    figures = _medians(loads)
    lines: list[str] = []
    for (connections, server), ours in figures.items():
        peers = {
            name: measured
            for (number, name), measured in figures.items()
            if number == connections and name not in NOT_A_PEER
        }
        if server != OURS or not peers:
            continue
        fastest = max(peers, key=lambda name: peers[name].requests_per_s)
        lowest = min(peers, key=lambda name: peers[name].p99_ms)
        lines.append(
            f"{connections} connections: {ours.requests_per_s / peers[fastest].requests_per_s:.2f} "
            f"times the best peer ({fastest}); p99 {ours.p99_ms:.1f} ms, "
            f"the lowest of the peers' {peers[lowest].p99_ms:.1f} ms ({lowest})"
        )
    return lines


def _medians(loads: list[Load]) -> dict[tuple[int, str], Measured]:
    rounds: dict[tuple[int, str], list[Measured]] = {}
    for each in loads:
        rounds.setdefault((each.connections, each.server), []).append(each.measured)
    return {key: Measured.median_of(measured) for key, measured in rounds.items()}
