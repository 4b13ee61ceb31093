"""A program that opens a pool and runs a model in it, to be killed by a test."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from uuid import UUID, uuid4

from inference.model_file import ModelFile
from inference.pool.limits import PoolLimits
from inference.pool.pool import WorkerPool
from tests.inference.processes import children_of


async def main(path: Path) -> None:
    """Print the process ids of zygote and child, then wait until killed."""

    async def open_file(artifact_id: UUID) -> int:
        del artifact_id
        return os.open(path, os.O_RDONLY)

    data = path.read_bytes()
    file = ModelFile(uuid4(), hashlib.sha256(data).hexdigest(), len(data))
    limits = PoolLimits(
        deadline_s=60,
        load_deadline_s=60,
        queue_rows_max=10,
        processes_max=1,
        memory_bytes_max=4 << 30,
    )
    async with WorkerPool.open(open_file, limits) as pool:
        # Until then, a child may be trying the sandbox, and a log line may follow.
        await pool.ready()
        await pool.warm(file)
        sys.stdout.write(f"{pool.zygote_pid} {children_of(pool.zygote_pid)[-1]}\n")
        sys.stdout.flush()
        await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
