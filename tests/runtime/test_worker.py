"""The thread that compiles."""

from __future__ import annotations

import weakref

from whitehot.runtime.worker import Task, Worker


class Held:
    """Something that a job holds."""


def test_jobs_are_let_go_of() -> None:
    """What a job held is gone when `run` returns, and when a submitted one is done: an idle worker keeps nothing."""
    worker = Worker()
    for number in range(50):
        held = Held()
        reference = weakref.ref(held)
        jobs = [lambda held=held: None]
        del held
        if number % 2:
            worker.run(jobs.pop())
        else:
            worker.submit(Task(jobs.pop()))
            worker.drain()
        assert reference() is None
    worker.stop()


def test_who_paused_it_does_not_wait() -> None:
    """Nobody else would resume it. The job is run afterwards."""
    worker = Worker()
    done: list[int] = []
    worker.pause()
    worker.run(lambda: done.append(1))
    assert done == []
    worker.resume()
    worker.drain()
    assert done == [1]
    worker.stop()
