"""The threads that compile, one for each tier. A thread comes when there is work, goes when there is none, and is never in the way of `fork`
or of the exit.
"""

from __future__ import annotations

import _thread
import os
import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


class Task:
    """Something for a worker to do: `size` bytes of bytecode, for code that has done `heat()` since it was asked for. `drop` is called where it is
    not going to be done, for want of room. Somebody waits for one that is `urgent`.
    """

    def __init__(
        self,
        run: Callable[[], object],
        size: int = 0,
        heat: Callable[[], int] = lambda: 0,
        drop: Callable[[], object] = lambda: None,
        *,
        urgent: bool = False,
    ) -> None:
        self.run = run
        self.size = size
        self.heat = heat
        self.drop = drop
        self.urgent = urgent


class Queue:
    """Tasks in the order in which they came."""

    #: Seconds after which it makes sense to ask again, where `take` gave None although there is something.
    retry_after = _PATIENCE

    def __init__(self) -> None:
        self._tasks: deque[Task] = deque()

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def put(self, task: Task) -> None:
        """Add a task."""
        self._tasks.append(task)

    def take(self) -> Task | None:
        """The next task, if one is to be done now."""
        try:
            return self._tasks.popleft()
        except IndexError:
            return None

    def done(self, size: int, seconds: float) -> None:
        """A task of this size took so many seconds of processor time."""

    def hurry(self) -> None:
        """Give out all there is without waiting for anything."""

    def clear(self) -> None:
        """Drop all tasks."""
        self._tasks.clear()

    def begin_anew(self) -> None:
        """In a forked child: nothing there is to do, or was done, is this process's."""
        self._tasks.clear()


class Worker:
    """Runs tasks one after the other, on a thread of its own that `threading` does not show to the program."""

    def __init__(self, queue: Queue | None = None) -> None:
        self.queue = Queue() if queue is None else queue
        self._lock = _thread.allocate_lock()
        #: Released, once, to wake the thread up while it waits.
        self._bell = _thread.allocate_lock()
        self._bell.acquire()
        self._waits = False
        self._running = False
        self._paused = False
        self._paused_by = 0
        self._stopped = False
        self._native_id = 0
        #: Seconds of processor time of all tasks, and seconds that threads of the program waited for them.
        self.seconds = 0.0
        self.waited = 0.0
        #: Called first on each new thread.
        self.prepare: Callable[[], None] = lambda: None
        #: Called after each task, and told whether there is none to do next.
        self.tidy: Callable[[bool], None] = lambda is_idle: None  # noqa: ARG005

    def submit(self, task: Task) -> None:
        """Do a task soon."""
        self.queue.put(task)
        self._start()

    def run(self, job: Callable[[], object], size: int = 0, longest: float = float("inf")) -> None:
        """Run a job, for `size` bytes of bytecode, and wait for it, `longest` seconds at most, unless no thread can be had any more: then it is not run. Where
        this very thread has called `pause`, it is run later: other code's handlers of `fork` run between ours, and what they call may be compiled.

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

        self.submit(Task(run_and_tell, size, urgent=True))
        if self._paused and self._paused_by == _thread.get_ident():
            return
        started = time.perf_counter()
        try:
            while not done.acquire(timeout=min(0.05, longest)):
                if time.perf_counter() - started >= longest or self._stopped or not (self._running or self._paused):
                    return
        finally:
            self.waited += time.perf_counter() - started

    def _start(self) -> None:
        with self._lock:
            if self._running:
                self._ring_locked()
                return
            if self._paused or not self.queue:
                return
            self._running = True
        try:
            _thread.start_new_thread(self._run, ())
        except RuntimeError:  # no threads any more: the interpreter is about to exit
            self._running = False

    def _ring(self) -> None:
        """Let the thread look what there is to do, if it waits."""
        with self._lock:
            self._ring_locked()

    def _ring_locked(self) -> None:
        # Never twice: a lock that is released again while it is being handed over is in nobody's hands.
        if self._waits:
            self._waits = False
            self._bell.release()

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
            task = None if self._paused else self.queue.take()
            if task is None:
                left = idle_since + _PATIENCE - time.monotonic()
                with self._lock:
                    if self._paused or (not self.queue and left <= 0):
                        self._running = False
                        return
                    self._waits = True
                rung = self._bell.acquire(timeout=self.queue.retry_after if self.queue else max(left, 0))
                with self._lock:
                    if not rung and not self._waits:
                        self._bell.acquire()  # it was rung in the moment in which the time was over
                    self._waits = False
                continue
            started = time.thread_time()
            size = task.size
            task.run()
            del task
            used = time.thread_time() - started
            self.seconds += used
            self.queue.done(size, used)
            self.tidy(not self.queue)
            idle_since = time.monotonic()

    def ask_to_pause(self) -> None:
        """Begin no more tasks."""
        self._paused_by = _thread.get_ident()
        self._paused = True
        self._ring()

    def pause(self) -> None:
        """Let the current task end, and the thread with it (before `fork`, which must find a process with one thread)."""
        self.ask_to_pause()
        while self._running:
            time.sleep(0.0005)
        wait_until_gone(self._native_id)

    def resume(self) -> None:
        """Accept work again."""
        self._paused = False
        self._start()

    def forget(self) -> None:
        """In a forked child: the parent's tasks are not ours."""
        self.queue.begin_anew()
        self._lock = _thread.allocate_lock()
        self._bell = _thread.allocate_lock()
        self._bell.acquire()
        self._waits = False
        self._running = False
        self._paused = False
        self.seconds = self.waited = 0.0

    def ask_to_stop(self) -> None:
        """Begin no tasks any more."""
        self._paused = True
        self._stopped = True
        self.queue.clear()
        self._ring()

    def stop(self) -> None:
        """Take no more tasks, and wait for the current one: LLVM must not be at work when the process takes itself apart.

        The task is cancelled by whoever calls this, so it ends soon.
        """
        self.ask_to_stop()
        deadline = time.monotonic() + _LONGEST_STOP
        while self._running and time.monotonic() < deadline:
            time.sleep(0.0005)

    def drain(self) -> None:
        """Wait until all tasks are done."""
        self.queue.hurry()
        while self.queue or self._running:
            self._start()
            time.sleep(0.001)


def pause_all(workers: Iterable[Worker]) -> None:
    """Let the current tasks of all end, side by side."""
    for worker in workers:
        worker.ask_to_pause()
    for worker in workers:
        worker.pause()


def stop_all(workers: Iterable[Worker]) -> None:
    """Take no more tasks, and wait for the current ones."""
    for worker in workers:
        worker.ask_to_stop()
    for worker in workers:
        worker.stop()
