"""The extractor as a scikit-learn transformer; only training and notebooks import this."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from classifier.features.extractor import Extractor
from classifier.features.schema import Schema
from classifier.mail import Message
from classifier.signals import Facts, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


class MailVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    r"""Hash messages into rows; stateless: ``fit`` learns nothing.

    Parameters
    ----------
    schema : Schema, optional
        Which columns; by default those of this version.
    site : Site, optional
        Whose mail it is; by default nobody's.

    Examples
    --------
    >>> X = MailVectorizer().fit_transform([b"Subject: Hi\n\nHello", b"Subject: Ho\n\n"])
    >>> X.shape[0], X.dtype
    (2, dtype('float32'))
    """

    def __init__(self, schema: Schema | None = None, site: Site | None = None) -> None:
        self.schema = schema
        self.site = site

    def fit(self, X: Any = None, y: Any = None) -> MailVectorizer:  # noqa: ARG002
        """Do nothing, as scikit-learn wants it.

        Parameters
        ----------
        X, y : ignored

        Returns
        -------
        MailVectorizer
            Itself.
        """
        return self

    def transform(self, X: Iterable[bytes | Message]) -> csr_matrix:
        """Hash messages.

        Parameters
        ----------
        X : iterable of bytes or Message
            One a row.

        Returns
        -------
        csr_matrix of shape (n_messages, n_columns), float32
        """
        site = self.site or Site()
        facts = [Facts(each if isinstance(each, Message) else Message(each), site) for each in X]
        return Extractor(self.schema).rows(facts).to_csr()

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:  # noqa: ARG002
        """Name the columns by block and number; a hashed column has no other name until a mail fills it.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of shape (n_columns,), object
        """
        blocks = (self.schema or Schema()).blocks
        names = [f"{block.name}#{at}" for block in blocks for at in range(1 << block.bits)]
        return np.array(names, object)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that this takes mail, not numbers, and needs no fit."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        return tags
