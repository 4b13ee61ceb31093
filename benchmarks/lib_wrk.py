"""Loads an HTTP server with wrk.

wrk keeps a number of connections busy, each sending its next request after a response. Every
request has its own `traceparent`, as requests behind a tracing proxy.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 30
STOP_TIMEOUT_S = 2 * TIMEOUT_S

SCRIPT = """
local before, after, sent = {}, {}, 0
local run = string.format("%%016x", os.time() * 1000000 + %(process)d)
init = function()
  local headers = {%(headers)s, traceparent = "TRACE"}
  for body in io.lines("%(bodies)s") do
    local request = wrk.format("POST", nil, headers, body)
    local first, last = request:find("TRACE", 1, true)
    before[#before + 1] = request:sub(1, first - 1)
    after[#after + 1] = request:sub(last + 1)
  end
end
request = function()
  sent = sent + 1
  local i = sent %% #before + 1
  local span = string.format("%%016x", sent)
  return before[i] .. "00-" .. run .. span .. "-" .. span .. "-01" .. after[i]
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"seconds": %%.6f, "responses": %%d, "p50": %%.3f, "p99": %%.3f, "errors": %%d}',
    summary.duration / 1e6, summary.requests, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


class Missing(Exception):
    """wrk is not installed; it is a package of Debian and Ubuntu: apt-get install wrk."""


@dataclass(frozen=True)
class Measured:
    """The results of one round; times in milliseconds; `errors` includes wrong statuses."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    responses: int
    errors: int

    @classmethod
    def median_of(cls, rounds: list[Measured]) -> Measured:
        """Each figure's median; responses and errors are sums."""
        return cls(
            requests_per_s=statistics.median(each.requests_per_s for each in rounds),
            p50_ms=statistics.median(each.p50_ms for each in rounds),
            p99_ms=statistics.median(each.p99_ms for each in rounds),
            responses=sum(each.responses for each in rounds),
            errors=sum(each.errors for each in rounds),
        )


@dataclass(frozen=True)
class Wrk:
    """A wrk script that posts the given bodies, in turn, to one address."""

    script: Path
    url: str
    headers: dict[str, str]

    @classmethod
    def prepare(cls, folder: Path, name: str, url: str, token: str, bodies: list[str]) -> Wrk:
        """Write the script; the folder must be private, as the script may contain a token."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        bodies_path = folder / f"{name}.bodies"
        bodies_path.write_text("".join(f"{body}\n" for body in bodies))
        script = folder / f"{name}.lua"
        table = ", ".join(f'["{header}"] = "{value}"' for header, value in headers.items())
        script.write_text(
            SCRIPT % {"headers": table, "bodies": bodies_path, "process": os.getpid()}
        )
        return cls(script, url, headers)

    async def run(self, connections: int, seconds: float) -> Measured:
        """Load the server for a while, from one thread."""
        process = await asyncio.create_subprocess_exec(
            *(executable(), "--threads=1", f"--connections={connections}"),
            *(f"--duration={seconds:.0f}s", f"--timeout={TIMEOUT_S}s"),
            *("--script", str(self.script), self.url),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), seconds + STOP_TIMEOUT_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        result = json.loads(output.decode().partition("RESULT ")[2])
        return Measured(
            requests_per_s=result["responses"] / result["seconds"],
            p50_ms=result["p50"],
            p99_ms=result["p99"],
            responses=result["responses"],
            errors=result["errors"],
        )


def executable() -> str:
    """The path of wrk; raises `Missing`."""
    found = shutil.which("wrk")
    if found is None:
        raise Missing(Missing.__doc__)
    return found
