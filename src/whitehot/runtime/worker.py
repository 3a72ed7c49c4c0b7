"""The thread that compiles. It comes when there is work, goes when there is none, and is never in the way of `fork` or of the exit."""

from __future__ import annotations

import _thread
import os
import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds that an idle worker waits for more work before it ends.
_PATIENCE = 0.05

#: Seconds that the end of the program waits for the current job at most.
_LONGEST_STOP = 5.0

#: Seconds that `fork` waits at most for the system to forget a thread that has ended.
_LONGEST_GOODBYE = 1.0


def wait_until_gone(thread: int) -> None:
    """Wait until the system does not count a thread that is ending (its native id; 0 for none) any more.

    A thread lives on for some microseconds after Python is done with it, and `os.fork` warns of processes with more than one thread
    by what the system says (`warn_about_fork_with_threads` in Modules/posixmodule.c).
    """
    deadline = time.monotonic() + _LONGEST_GOODBYE
    while thread and os.path.exists(f"/proc/self/task/{thread}") and time.monotonic() < deadline:
        time.sleep(0.0002)


class Worker:
    """Runs jobs one after the other, on a thread of its own that `threading` does not show to the program."""

    def __init__(self) -> None:
        self._jobs: deque[Callable[[], object]] = deque()
        self._lock = _thread.allocate_lock()
        self._running = False
        self._paused = False
        self._paused_by = 0
        self._stopped = False
        self._native_id = 0
        self.seconds = 0.0
        #: Called first on each new thread.
        self.prepare: Callable[[], None] = lambda: None

    def submit(self, job: Callable[[], object]) -> None:
        """Run a job soon."""
        self._jobs.append(job)
        self._start()

    def run(self, job: Callable[[], object]) -> None:
        """Run a job and wait for it, unless no thread can be had any more: then it is not run. Where this very thread has called `pause`, it is run
        later: other code's handlers of `fork` run between ours, and what they call may be compiled.

        Signal handlers of the program run meanwhile, and what they raise ends the waiting; they never run in the middle of the job.
        """
        done = _thread.allocate_lock()
        done.acquire()
        jobs = [job]

        def run_and_tell() -> None:
            # Whoever waits finds nothing of the job left: it holds a function of the program's, which may be about to die.
            try:
                jobs.pop()()
            finally:
                done.release()

        self.submit(run_and_tell)
        if self._paused and self._paused_by == _thread.get_ident():
            return
        while not done.acquire(timeout=0.05):
            if self._stopped or not (self._running or self._paused):
                return

    def _start(self) -> None:
        with self._lock:
            if self._running or self._paused or not self._jobs:
                return
            self._running = True
        try:
            _thread.start_new_thread(self._run, ())
        except RuntimeError:  # no threads any more: the interpreter is about to exit
            self._running = False

    def _run(self) -> None:
        self.prepare()
        try:
            self._work()
        except BaseException:
            self._running = False  # nobody must wait for it
            raise

    def _work(self) -> None:
        self._native_id = _thread.get_native_id()
        idle_since = time.monotonic()
        while True:
            try:
                job = self._jobs.popleft()
            except IndexError:
                with self._lock:
                    if not self._jobs and (self._paused or time.monotonic() - idle_since > _PATIENCE):
                        self._running = False
                        return
                time.sleep(0.002)
                continue
            started = time.thread_time()
            job()
            del job
            self.seconds += time.thread_time() - started
            idle_since = time.monotonic()
            if self._paused:
                with self._lock:
                    self._running = False
                    return

    def pause(self) -> None:
        """Let the current job end, and the thread with it (before `fork`, which must find a process with one thread)."""
        self._paused_by = _thread.get_ident()
        self._paused = True
        while self._running:
            time.sleep(0.0005)
        wait_until_gone(self._native_id)

    def resume(self) -> None:
        """Accept work again."""
        self._paused = False
        self._start()

    def forget(self) -> None:
        """In a forked child: the parent's jobs are not ours."""
        self._jobs.clear()
        self._lock = _thread.allocate_lock()
        self._running = False
        self._paused = False

    def stop(self) -> None:
        """Take no more jobs, and wait for the current one: LLVM must not be at work when the process takes itself apart.

        The job is cancelled by whoever calls this, so it ends soon.
        """
        self._paused = True
        self._stopped = True
        self._jobs.clear()
        deadline = time.monotonic() + _LONGEST_STOP
        while self._running and time.monotonic() < deadline:
            time.sleep(0.0005)

    def drain(self) -> None:
        """Wait until all jobs are done."""
        while self._jobs or self._running:
            self._start()
            time.sleep(0.001)
