"""Reads DER values one after the other, where some may be missing: requests and queries of strangers."""

from pki.der import Element, children, content_of, read_boolean, read_integer
from pki.errors import ParseError


class Reader:
    """Reads the elements of `content` in their order and remembers how far it got. Raises ParseError."""

    __slots__ = ("_at", "_elements")

    def __init__(self, content: bytes) -> None:
        self._elements, self._at = children(content), 0

    def next_is(self, tag: int) -> bool:
        """Whether another element comes, and has this tag."""
        return self._at < len(self._elements) and self._elements[self._at].tag == tag

    @property
    def more(self) -> bool:
        """Whether another element comes."""
        return self._at < len(self._elements)

    def element(self) -> Element:
        """The next element, whatever it is. Raises ParseError at the end."""
        if not self.more:
            raise ParseError("the octets end too early")
        self._at += 1
        return self._elements[self._at - 1]

    def value(self, tag: int) -> bytes:
        """The content of the next element, which must have `tag`. Raises ParseError."""
        return content_of(self.element(), tag)

    def whole(self, tag: int) -> bytes:
        """The next element with its tag and length; it must have `tag`. Raises ParseError."""
        element = self.element()
        content_of(element, tag)
        return element.whole

    def enter(self, tag: int) -> "Reader":
        """A reader of the inside of the next element, which must have `tag`. Raises ParseError."""
        return Reader(self.value(tag))

    def number(self) -> int:
        """The next element as an INTEGER. Raises ParseError."""
        return read_integer(self.element())

    def truth(self) -> bool:
        """The next element as a BOOLEAN. Raises ParseError."""
        return read_boolean(self.element())

    def finish(self) -> None:
        """Nothing is left. Raises ParseError."""
        if self.more:
            raise ParseError("octets are left over")
