"""The same classifier elsewhere: its model as bytes that travel once, and what else it was opened with."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.engine.gathering import View
from classifier.engine.triage import Classifier
from classifier.errors import ConfigError
from classifier.signals import Site
from classifier.store import Model
from classifier.store import packed as file_of

if TYPE_CHECKING:
    from collections.abc import Callable

_here = threading.local()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a classifier is opened with, besides its model.

    Parameters
    ----------
    model : str
        Hash of the model file, to know it by.
    site : Site
    dns, resolver : str
        As in `Classifier.load`.
    view : {'full', 'headers'}
    allow_local_spam : bool
    """

    model: str
    site: Site
    dns: str
    resolver: str
    view: View
    allow_local_spam: bool


def packed(classifier: Classifier) -> tuple[bytes, Callable[[], Setting]]:
    """Pack a classifier for the trip.

    Parameters
    ----------
    classifier : Classifier

    Returns
    -------
    bytes
        A model file, with the cuts and the corrections that hold now.
    callable
        Gives the setting as it is when it is called: the site changes with the mailbox.

    Raises
    ------
    ConfigError
        If it cannot travel: its lookup is an object of this process, or it asks a history that is kept here.
    """
    asked = classifier._asked
    if asked is None:
        raise ConfigError("a lookup that was opened in this process cannot travel to other machines")
    if classifier.recalls:
        raise ConfigError("a history that is kept here cannot be asked by other machines: --profile off")
    learned = classifier.corrections.to_arrays()
    model = file_of(Model(classifier.model.tables, classifier.leaned, classifier.card, learned))
    token = hashlib.sha256(model).hexdigest()
    return model, lambda: Setting(
        token, classifier.site, *asked, classifier.view, classifier.allow_local_spam
    )


def unpacked(model: bytes, setting: Setting) -> Classifier:
    """Open the classifier, or take the one that this thread has open.

    Parameters
    ----------
    model : bytes
    setting : Setting
        From `packed`.

    Returns
    -------
    Classifier
        Its tables are mapped from a file that has no name any more, and goes with the process.
    """
    wanted = (setting.model, setting.dns, setting.resolver, setting.view, setting.allow_local_spam)
    if getattr(_here, "wanted", None) != wanted:
        with tempfile.TemporaryDirectory(prefix="mailtriage-") as folder:
            path = os.path.join(folder, "model")
            with open(path, "wb") as file:
                file.write(model)
            _here.classifier = Classifier.load(
                path,
                dns=setting.dns,
                resolver=setting.resolver,
                view=setting.view,
                allow_local_spam=setting.allow_local_spam,
            )
        _here.wanted = wanted
    classifier: Classifier = _here.classifier
    classifier.site = setting.site
    return classifier
