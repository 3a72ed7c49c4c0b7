"""The thread that compiles."""

from __future__ import annotations

import _thread
import weakref

from whitehot.runtime.worker import Queue, Task, Worker, pause_all, stop_all


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


def test_waiting_has_an_end() -> None:
    """Who waits for a job that takes longer than it may goes on; the job does too."""
    worker = Worker()
    going_on = _thread.allocate_lock()
    going_on.acquire()
    done: list[str] = []

    def slow() -> None:
        going_on.acquire()
        done.append("job")

    worker.run(slow, longest=0.01)
    done.append("program")
    going_on.release()
    worker.drain()
    assert done == ["program", "job"]
    worker.stop()


class Waiting(Queue):
    """A queue that gives nothing out before it is told to, and says that asking is useless for an hour."""

    retry_after = 3600.0
    open = False

    def take(self) -> Task | None:
        return super().take() if self.open else None


def test_tasks_that_have_to_wait_hold_nothing_up() -> None:
    """Neither `fork` nor the end of the program waits for a thread whose tasks wait; afterwards they still do, and new ones make it look again."""
    done: list[str] = []
    workers = [Worker(Waiting()), Worker(Waiting())]
    for worker in workers:
        worker.submit(Task(lambda: done.append("waited")))
    for _ in range(3):
        pause_all(workers)
        for worker in workers:
            worker.resume()
    assert done == []
    for worker in workers:
        assert isinstance(worker.queue, Waiting)
        worker.queue.open = True
        worker.run(lambda: done.append("last"))
    assert done == ["waited", "last"] * 2
    stop_all(workers)
