"""A milter: a mail server asks about each mail while it is taken in, and adds what it is told to add.

`packets` is the wire, `envelope` what the server knows of a mail besides its bytes, `session` one connection,
`service` all of them; `server` puts it together, and `place` is where.
"""
