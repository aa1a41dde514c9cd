"""The lines of a machine's mail against those of its job's past: new, back, missing; what they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.signals.job import GRADES, HISTORY, OLD_DAYS, RESTLESS, SETTLED, host_days, level, past_of
from classifier.signals.registry import signal

if TYPE_CHECKING:
    from classifier.signals.facts import Facts

_MANY, _ALARMING = (1, 2, 4, 10, 30), (1, 2, 4, 10)


@signal("job.trouble", kind="set", needs=HISTORY)
def trouble(facts: Facts) -> frozenset[str] | None:
    """How grave the gravest line is of those that are new, young, back, usual and so on.

    Sees: for each of `classifier.rootmail.past.STATES` the highest grade of its lines, or none.
    Means: a grave line that is new wants somebody today; one that stood there every day does not.
    Fooled by: trouble told in words that nobody knew.
    Source: measured on P5; the words are those of errno(3) and RFC 5424 section 6.2.1.
    """
    past = past_of(facts)
    if past is None:
        return None
    return frozenset(f"{name}:{GRADES[state.grade]}" for name, state in past.sums.states.items())


@signal("job.lines", kind="set", needs=HISTORY)
def lines(facts: Facts) -> frozenset[str] | None:
    """How many lines are new, young, back, usual and so on.

    Sees: for each of `classifier.rootmail.past.STATES` the number of its lines, in bins.
    Means: one new line among many is the one to read.
    Fooled by: lists of things whose names change.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    if past is None:
        return None
    states = past.sums.states.items()
    return frozenset(f"{name}:{level(state.lines, _MANY)}" for name, state in states)


@signal("job.alarming", kind="set", needs=HISTORY)
def alarming(facts: Facts) -> frozenset[str] | None:
    """How many alarming lines are new, young, back, usual and so on.

    Sees: for each of `classifier.rootmail.past.STATES` the number of lines that tell of failure, in bins.
    Means: the size of the trouble.
    Fooled by: logs that repeat one failure in many forms.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    if past is None:
        return None
    states = past.sums.states.items()
    return frozenset(f"{name}:{level(state.alarming, _ALARMING)}" for name, state in states)


@signal("job.themes", kind="set", needs=HISTORY)
def themes(facts: Facts) -> frozenset[str] | None:
    """Which kinds of trouble the lines speak of, by whether they are new.

    Sees: `classifier.rootmail.alarms.THEMES` of all lines, and of the subject apart.
    Means: new:hardware is a disk that dies; usual:warning is noise.
    Fooled by: words in other senses.
    Source: measured on P5; the words are those of errno(3), S.M.A.R.T., RAID and monitors.
    """
    past = past_of(facts)
    if past is None:
        return None
    return past.sums.themes | {f"subject:{each}" for each in past.sums.subject_themes}


@signal("job.words", kind="set", needs=HISTORY)
def words(facts: Facts) -> frozenset[str] | None:
    """Which words stand in lines that are not usual.

    Sees: the words of lines that are new, young, turned or back (n:), and of a job's first mails (f:).
    Means: what is new in a mail is what matters in it.
    Fooled by: names.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else past.sums.words


@signal("job.subject", kind="category", needs=HISTORY)
def subject(facts: Facts) -> str | None:
    """How the subject stands to the past, and what trouble it tells.

    Sees: the state and the grade of the subject as a line.
    Means: a monitor's alert that never came before.
    Fooled by: subjects that count.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    if past is None or not past.told:
        return None
    return f"{past.told[0].state}:{GRADES[past.told[0].alarm.grade]}"


@signal("job.missing", kind="number", needs=HISTORY, edges=(1, 2, 4, 8))
def missing(facts: Facts) -> float | None:
    """How many usual lines are missing.

    Sees: lines that stood in at least half of the job's mails and do not stand here.
    Means: a job that did not come to its end.
    Fooled by: a text that changed its form.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else len(past.gone)


@signal("job.missing_always", kind="number", needs=HISTORY, edges=(1, 2, 4, 8))
def missing_always(facts: Facts) -> float | None:
    """How many lines are missing that never were.

    Sees: lines that stood in more than nine of ten of the job's mails and do not stand here.
    Means: a job that did not come to its end.
    Fooled by: a text that changed its form.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None else sum(each.rate > 0.9 for each in past.gone)


@signal("job.success_missing", needs=HISTORY)
def success_missing(facts: Facts) -> bool | None:
    """Whether a usual line is missing that told of success.

    Sees: lines of success in at least half of the job's mails; unknown before the third mail.
    Means: "backup OK" that does not come.
    Fooled by: success told in other words.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None or past.mails < SETTLED else any(each.good for each in past.gone)


@signal("job.test", needs=HISTORY)
def test(facts: Facts) -> bool | None:
    """Whether it says that it is a test.

    Sees: "test message", "TEST EMAIL" and the like in any line.
    Means: somebody tries out whether mail arrives.
    Fooled by: reports of tests that failed.
    Source: smartd(8) -M test, mdadm(8) --test.
    """
    past = past_of(facts)
    return None if past is None else any("test" in each.alarm.themes for each in past.told)


@signal("job.news", kind="set", needs=HISTORY)
def news(facts: Facts) -> frozenset[str] | None:
    """How grave the news is, crossed with what makes news more or less of it.

    Sees: the highest grade of new lines with the job's unrest, with the gravest usual line and with missing
    lines; of a first mail with the age of its host; of the subject with the same.
    Means: a grave new line of a job that never brings any is the strongest sign there is.
    Fooled by: a text that changed its form.
    Source: measured on P5: linear weights need these crosses to rank as well as boosted trees.
    """
    past = past_of(facts)
    if past is None:
        return None
    sums = past.sums
    fresh, back = sums.grade("new", "turned", "young"), sums.grade("new", "turned", "young", "back")
    restless, scare = level(past.unrest, RESTLESS), level(past.scare, RESTLESS)
    days, old = level(host_days(past), (0.9, 2, OLD_DAYS)), host_days(past) > OLD_DAYS
    gone = level(sum(each.rate > 0.9 for each in past.gone), (1, 3))
    crosses = {
        f"fresh={GRADES[fresh]},unrest={restless}",
        f"back={GRADES[back]},unrest={restless}",
        f"fresh={GRADES[fresh]},scare={scare}",
        f"back={GRADES[back]},scare={scare}",
        f"fresh={GRADES[fresh]},usual={GRADES[sums.states['usual'].grade]}",
        f"fresh={GRADES[fresh]},missing={gone}",
        f"first={GRADES[sums.grade('first', 'early')]},host={days},mails={min(past.mails, 2)}",
        f"lines={level(sums.states['new'].lines, (1, 2, 5, 20))},unrest={restless}",
    }
    if past.told:
        first = past.told[0]
        crosses.add(f"subject={GRADES[first.alarm.grade]},usual={first.state == 'usual':d},old={old:d}")
    return frozenset(crosses)


@signal("job.order", kind="number", needs=HISTORY, default=False, edges=(0.05, 0.15, 0.4))
def order(facts: Facts) -> float | None:
    """How much the usual lines have changed their order, beyond the job's habit.

    Sees: which share of them would have to move to stand as in the last mail, less the mean of that share;
    unknown before the job's third mail.
    Means: steps of a job that ran in another order, or after one that failed.
    Fooled by: lists sorted by what they count.
    Source: Schensted 1961 (longest increasing subsequence); measured on P5.
    """
    past = past_of(facts)
    return None if past is None or past.mails < SETTLED else past.disorder - past.shuffled


@signal("job.swelling", kind="number", needs=HISTORY, default=False, edges=(0.7, 1.4, 2.1, 3))
def swelling(facts: Facts) -> float | None:
    """How much oftener than it used to be a line is repeated.

    Sees: the largest natural logarithm of its times in this mail over those in mails before; unknown before
    the job's third mail.
    Means: one complaint a thousand times.
    Fooled by: busy days.
    Source: measured on P5; no standard speaks of it.
    """
    past = past_of(facts)
    return None if past is None or past.mails < SETTLED else past.swelling
