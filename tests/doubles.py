"""Stand-ins for files."""


class Dribble:
    """Gives bytes in pieces of stated lengths, then one by one; cannot seek.

    A length of 0 is taken as 1: an empty read would say that the file ends.
    """

    def __init__(self, data, lengths=()):
        self._data = data
        self._at = 0
        self._lengths = list(reversed(list(lengths)))
        self.reads = 0

    def read(self, n=-1):
        self.reads += 1
        if n is None or n < 0:
            raise AssertionError("a stream is never read to its end in one go")
        short = max(1, self._lengths.pop()) if self._lengths else 1
        piece = self._data[self._at : self._at + min(n, short)]
        self._at += len(piece)
        return bytes(piece)

    def seek(self, *args):
        raise AssertionError("seek was called")

    def tell(self):
        raise AssertionError("tell was called")


class Pieces:
    """Gives the pieces that it was made with, one a read, never more than asked."""

    def __init__(self, pieces):
        self._pieces = [bytes(p) for p in pieces if len(p)]

    def read(self, n):
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > n:
            self._pieces.insert(0, piece[n:])
        return piece[:n]

    def seek(self, *args):
        raise AssertionError("seek was called")

    def tell(self):
        raise AssertionError("tell was called")
