"""Who may ask: the user that the server runs as, root, and a group if one was allowed."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED


@dataclass(frozen=True, slots=True)
class Admission:
    """What a peer must be.

    Parameters
    ----------
    uid : int
        Whose server this is.
    gid : int, optional
        A group whose members may ask, too.
    """

    uid: int
    gid: int | None = None

    def refusal(self, peer: socket.socket) -> str:
        """Say why a peer may not ask.

        Parameters
        ----------
        peer : socket.socket
            Connected.

        Returns
        -------
        str
            '' if it may. Where the system does not tell who it is, the mode of the socket alone decides.
        """
        option = getattr(socket, "SO_PEERCRED", None)
        if option is None:
            return ""
        _, uid, gid = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
        if uid in {0, self.uid} or (self.gid is not None and (gid == self.gid or self._has(uid, gid))):
            return ""
        return f"user {uid} may not ask this server"

    def _has(self, uid: int, gid: int) -> bool:
        """Whether a user is a member of the group by the system's own book."""
        import pwd

        try:
            return self.gid in os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
        except (KeyError, OSError):
            return False
