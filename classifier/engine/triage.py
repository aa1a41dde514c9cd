"""The classifier: opened, asked about one message or many, taught, saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from classifier.engine.batches import BATCH, Mail, batches
from classifier.engine.columns import lay_out
from classifier.engine.gathering import View
from classifier.engine.teaching import Teachable
from classifier.lookup import open_lookup
from classifier.mailboxes import Mailbox
from classifier.output.judged import Judged
from classifier.signals import Site
from classifier.store import Model, load_model, save_model
from classifier.verdict import Verdict

if TYPE_CHECKING:
    from classifier.engine.work import Kind
    from classifier.profile import Profile


def _noted(text: str) -> None:
    import logging  # only where there is something to say

    logging.getLogger("classifier").warning(text)


class Classifier(Teachable):
    r"""Sorts mail into important, unimportant and spam.

    Without a model it knows nothing and says ``unsure`` until it is taught.

    Parameters
    ----------
    model : Model, optional
    site : Site, optional
        Whose mail it is; by default nobody's.
    lookup : Lookup, optional
        Where answers of the DNS come from; by default nowhere.
    view : {'full', 'headers'}, default 'full'
        Whether bodies are read.
    schema : Schema, optional
        Columns of an empty classifier; a model brings its own.
    memory : Memory, optional
        Where history is kept; by default nobody remembers.
    allow_local_spam : bool, default False
        Whether mail that a program on our own hosts handed in may be called spam.
    profile : Profile, optional
        What the user taught: corrections are kept there, and history is instead.

    Examples
    --------
    >>> empty = Classifier()
    >>> verdict = empty.classify(b"Subject: Lunch?\n\nAt noon.")
    >>> verdict.unsure, round(sum(verdict.p.values()), 6)
    (True, 1.0)
    """

    notice: Callable[[str], None] = staticmethod(_noted)
    """Told in words of what went wrong with workers and was put right; by default written to the log."""

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "starter",
        *,
        site: Site | None = None,
        me: Iterable[str] = (),
        dns: str = "off",
        resolver: str = "",
        view: View = "full",
        allow_local_spam: bool = False,
        profile: str | os.PathLike[str] | Profile | None = None,
    ) -> Classifier:
        """Open a model, and what its user taught.

        Parameters
        ----------
        model : str or path, default 'starter'
            Name of a shipped model, or a model file.
        site : Site, optional
            Whose mail it is.
        me : iterable of str
            Own addresses, and own domains as ``@example.org``; the short form of `site`. By default those
            of the profile; a profile without any keeps them.
        dns : str, default 'off'
            ``'off'``, ``'live'`` or ``'recorded:FILE'``.
        resolver : str, default ''
            ``ADDRESS[:PORT]`` of the name server to ask live.
        view : {'full', 'headers'}, default 'full'
            Whether bodies are read.
        allow_local_spam : bool, default False
            Whether mail that a program on our own hosts handed in may be called spam.
        profile : path or Profile, optional
            What the user taught, made where it is not: what is learned and observed is kept there at once,
            and what other programs keep there counts here too.

        Returns
        -------
        Classifier

        Raises
        ------
        ModelError, ProfileError
            If the model is missing, or model or profile cannot be used.
        ConfigError, AnswersError
            If lookups cannot be opened.
        """
        loaded = load_model(model)
        lookup = open_lookup(dns, resolver=resolver)
        opened = _opened(profile, tuple(me))
        own = tuple(me) or (opened.mine if opened else ())
        classifier = cls(
            loaded,
            site=site or _site_of(own),
            lookup=lookup,
            view=view,
            allow_local_spam=allow_local_spam,
            profile=opened,
        )
        classifier._asked = (dns, resolver)
        return classifier

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write model and corrections to one file, atomically.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        ModelNotWritten
            If it cannot be written.
        """
        save_model(self._whole(), path)

    def fingerprint(self) -> str:
        """Tell this model, with its corrections, from any other: the SHA-256 of the file that `save` writes.

        Returns
        -------
        str
            Hexadecimal.
        """
        from hashlib import sha256

        from classifier.store import packed

        return sha256(packed(self._whole())).hexdigest()

    def _whole(self) -> Model:
        return Model(self.model.tables, self.model.cuts, self.model.card, self.corrections.to_arrays())

    def classify_many(
        self,
        source: Mailbox | Iterable[Mail],
        *,
        jobs: int = 1,
        explain: int = 0,
        observe: bool = False,
    ) -> Iterator[Verdict]:
        """Judge many messages, in their order, in bounded memory.

        Parameters
        ----------
        source : Mailbox, or iterable of bytes, Message or Stored
            With several processes a mailbox is read by the workers themselves.
        jobs : int, default 1
            Processes; the verdicts are the same. A `lookup` given as an object cannot travel to others, nor
            can a history that the model asks: with one, all work is done here.
        explain : int, default 0
            If not 0, workers find the clues of every verdict; otherwise clues are found when first asked for.
        observe : bool, default False
            Whether each message enters the history before the next one is judged: for mail in order of
            arrival that was not observed before.

        Yields
        ------
        Verdict

        Raises
        ------
        MailtriageError
            If all workers die and no other can be started. One that dies is told to `notice`, and what
            it had in hand is judged again; a message that nobody survives is a problem of its mailbox.
        """
        if jobs > 1 and self._asked is not None and not (observe or self.recalls):
            for verdict in self._in_processes(source, "verdicts", jobs, explain):
                verdict.explain_with(self.explain)
                yield verdict
            return
        for batch in batches(source):
            with self.together():
                verdicts = self.judge(batch, observe=observe)
            yield from verdicts

    def judged_many(
        self,
        source: Mailbox | Iterable[Mail],
        *,
        jobs: int = 1,
        explain: int = 0,
        observe: bool = False,
    ) -> Iterator[Judged]:
        """Judge many messages, in their order, and lay the verdicts out as columns: the way to write them.

        Parameters
        ----------
        source, jobs, observe
            As in `classify_many`.
        explain : int, default 0
            How many clues of each message to find, the weightiest first.

        Yields
        ------
        Judged
            Of some messages; no message is kept behind.

        Raises
        ------
        MailtriageError
            As in `classify_many`.
        """
        if jobs > 1 and self._asked is not None and not (observe or self.recalls):
            yield from self._in_processes(source, "judged", jobs, explain)
            return
        for batch in batches(source):
            with self.together():
                judged = self.judged(batch, explain=explain, observe=observe)
            yield judged

    def _in_processes(
        self, source: Mailbox | Iterable[Mail], kind: Kind, jobs: int, explain: int
    ) -> Iterator[Any]:
        """Let workers judge with a copy of this classifier."""
        from classifier.engine.many import answers, collected, parts_of  # which import this module

        problems = source.problems if isinstance(source, Mailbox) else []
        with closing(answers(self, parts_of(source), kind, jobs=jobs, explain=explain)) as found:
            for answer in collected(found, problems):
                yield from answer.made

    def judged(self, batch: Sequence[Mail], *, explain: int = 0, observe: bool = False) -> Judged:
        """Judge one batch, and lay the verdicts out as columns.

        Parameters
        ----------
        batch : sequence of bytes, Message or Stored
            All that is in it is held in memory at once.
        explain : int, default 0
            How many clues of each message to find, the weightiest first.
        observe : bool, default False
            As in `classify_many`.

        Returns
        -------
        Judged
        """
        if explain or (observe and self.behaviour is not None) or len(batch) > BATCH:
            return Judged.of(self.judge(batch, observe=observe), explain)
        return lay_out(self, batch, observe=observe)

    def fit(
        self, messages: Iterable[Mail], labels: Iterable[str], *, seed: int = 0, jobs: int = 1
    ) -> Classifier:
        """Train anew on labelled messages; corrections made so far are forgotten, but for a profile's.

        Parameters
        ----------
        messages : iterable of bytes, Message or Stored
        labels : iterable of str
            ``spam``, ``ham``, ``important`` or ``unimportant``, one a message.
        seed : int, default 0
        jobs : int, default 1

        Returns
        -------
        Classifier
            Itself.

        Raises
        ------
        LabelError
            For a label that is none.
        TrainingError
            If neither question has examples of both answers.
        """
        from classifier.training import train_model  # only who trains waits for it

        pairs = zip(map(self.open_message, messages), labels, strict=True)
        self._use(train_model(self.extractor, self.facts, pairs, seed=seed, jobs=jobs))
        return self

    def __repr__(self) -> str:
        return f"<Classifier {self.name}, {len(self.corrections)} corrections>"


def _opened(profile: str | os.PathLike[str] | Profile | None, me: tuple[str, ...]) -> Profile | None:
    """Open a profile, made where it is not; one that does not know its owner gets to."""
    if profile is None:
        return None
    from classifier.profile import Profile  # brings SQLite

    opened = profile if isinstance(profile, Profile) else Profile(profile, create=True)
    if me and not opened.readonly and not opened.mine:
        opened.own(me)
    return opened


def _site_of(me: Iterable[str]) -> Site:
    own = [each.lower() for each in me]
    return Site(
        me=frozenset(each for each in own if not each.startswith("@")),
        my_domains=frozenset(each[1:] for each in own if each.startswith("@")),
    )
