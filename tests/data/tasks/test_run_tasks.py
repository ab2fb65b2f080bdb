"""Each task has one outcome, whatever happens to the processes that compute them."""

import contextlib
import functools
import threading

import joblib
import pytest

from eegzoo.data.tasks.outcome import LostTaskError, Outcome, outcome_of, results_in_order
from eegzoo.data.tasks.run_tasks import run_tasks
from tests.data.tasks.deadly import traced


def outcomes(folder, tasks, **options):
    """Return the value or the error of each task, which all have exactly one outcome."""
    tasks = list(tasks)
    found = list(run_tasks(functools.partial(traced, folder), iter(tasks), **options))
    assert sorted(outcome.place for outcome in found) == list(range(len(tasks)))
    return {tasks[each.place]: each.value if each.error is None else each.error for each in found}


def times_computed(folder, task):
    return len(list(folder.glob(f"{task}-*")))


def test_an_error_of_a_task_is_its_own(tmp_path):
    found = outcomes(tmp_path, [1, "wrong", 2])
    assert (found[1], found[2]) == (10, 20)
    assert isinstance(found["wrong"], ValueError)
    with pytest.raises(ValueError, match="a wrong task"):
        Outcome(0, error=found["wrong"]).result()


def test_tasks_of_a_broken_iterable_are_done_before_its_error_is_raised(tmp_path):
    def tasks():
        yield from (1, 2)
        raise KeyError("no more")

    found = []
    with pytest.raises(KeyError, match="no more"):
        found.extend(run_tasks(functools.partial(traced, tmp_path), tasks()))
    assert (times_computed(tmp_path, 1), times_computed(tmp_path, 2)) == (1, 1)


def test_tasks_are_drawn_when_they_are_needed(tmp_path):
    drawn = []
    tasks = (drawn.append(k) or k for k in range(9))
    running = run_tasks(functools.partial(traced, tmp_path), tasks)
    next(running)
    assert len(drawn) <= 2
    running.close()
    assert len(drawn) <= 2


@pytest.mark.slow
def test_dead_processes_of_this_machine_lose_nothing_and_stop_nothing(tmp_path):
    tasks = [*range(4), "always", "wrong", *range(4, 8)]
    found = outcomes(tmp_path, tasks, n_jobs=2)
    assert [found[k] for k in range(8)] == [10 * k for k in range(8)]
    assert isinstance(found["always"], LostTaskError)
    assert str(found["always"]).startswith("the process that computed it ended: ")
    assert isinstance(found["wrong"], ValueError)
    # Processes that are stopped early leave no task behind, and cancelling says nothing.
    with contextlib.closing(run_tasks(abs, range(30), 2)) as running:
        assert next(running).error is None


def test_tasks_in_threads_of_one_process_run_one_after_the_other():
    inside, most = [], []

    def count(task):
        inside.append(task)
        most.append(len(inside))
        threading.Event().wait(0.002)
        inside.remove(task)
        return task

    with joblib.parallel_config(backend="threading", n_jobs=3):
        found = sorted(outcome.value for outcome in run_tasks(count, range(9)))
    assert found == list(range(9))
    assert max(most) == 1


def test_results_are_put_in_order_as_they_come_and_errors_at_once():
    arrived = []

    def coming():
        for place in (1, 0, 3, 2, 5):
            arrived.append(place)
            yield Outcome(place, 10 * place, ValueError("wrong") if place == 5 else None)

    ordered = results_in_order(coming())
    assert next(ordered) == 0
    assert arrived == [1, 0]
    assert [next(ordered) for _ in range(3)] == [10, 20, 30]
    with pytest.raises(ValueError, match="wrong"):  # not after the task before it
        next(ordered)


def test_an_interrupt_is_no_outcome():
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outcome_of(interrupt, 0, None)
