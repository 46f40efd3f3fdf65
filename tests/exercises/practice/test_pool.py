"""Workers that are ended when a job takes too long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from symnet.exercises.practice import pool as room
from symnet.exercises.practice.pool import Pool
from symnet.exercises.practice.shelf import shelf
from symnet.exercises.process import TooMuch


def test_a_job_that_takes_too_long_is_ended_and_the_next_gets_a_new_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = shelf(None)["forward-neuron"]
    job = {"name": exercise.name, "template": exercise.text, "seed": 1, "label": "a", "text": "1", "earlier": {}}

    async def scene() -> dict[str, Any]:
        pool = Pool(1)
        pool.start()
        try:
            monkeypatch.setattr(room, "SECONDS", {"mark": 0.001})
            with pytest.raises(TooMuch, match="longer than"):
                await pool.run({**job, "do": "mark"})
            monkeypatch.setattr(room, "SECONDS", {"mark": 60.0})
            return await pool.run({**job, "do": "mark"})
        finally:
            await pool.close()

    assert asyncio.run(scene())["status"] in ("right", "wrong")
