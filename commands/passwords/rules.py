"""Password rules after NIST SP 800-63B: long enough, and not among the first guesses.

There are no rules about kinds of characters, and passwords do not expire. The lists of common
passwords and names come from the zxcvbn project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from domain.errors import Rejected

LENGTH_MIN = 8
LENGTH_MAX = 1_000
COMMON = ("passwords", "female_names", "male_names")
AFFIX_LENGTH_MAX = 6
"""A common word stays easy to guess with up to this many characters, such as a year, around it."""
WORD_LENGTH_MIN = 4
FEW_CHARACTERS = 2
SUBSTITUTES = (str.maketrans("013457@$!", "oieastasi"), str.maketrans("013457@$!", "oleastasl"))

_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W_]+")


class PasswordRules:
    """Refuses common passwords, and names of the service or the user as passwords."""

    def __init__(self, service: str = "") -> None:
        self._service = ("mlplatform", service)
        self._common = frozenset(word for name in COMMON for word in FREQUENCY_LISTS[name])

    def check(self, password: str, *, context: Iterable[str] = ()) -> None:
        """Raise `Rejected` for a password that is too short, too long or easily guessed.

        ``context`` is what others know about the user, such as names and the e-mail address.
        """
        if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
            raise Rejected(f"password: it has {LENGTH_MIN} to {LENGTH_MAX} characters")
        folded = password.casefold()
        if _is_regular(folded) or any(map(self._is_common, _variants(folded))):
            raise Rejected("password: this is one of the most common passwords")
        if _is_mostly(folded, [*self._service, *context]):
            raise Rejected("password: it is little more than a name that others know")

    def _is_common(self, form: str) -> bool:
        if form in self._common:
            return True
        before, core, after = _split_affixes(form)
        return core in self._common and all(
            len(each) <= AFFIX_LENGTH_MAX or each in self._common or _is_regular(each)
            for each in (before, after)
        )


def _variants(password: str) -> list[str]:
    """Give the password with usual substitutions, such as 0 for o, undone."""
    before, core, after = _split_affixes(password)
    whole = [password.translate(table) for table in SUBSTITUTES]
    return [password, *whole, *(before + core.translate(table) + after for table in SUBSTITUTES)]


def _split_affixes(text: str) -> tuple[str, str, str]:
    """Split into what precedes the first letter, the core, and what follows the last letter."""
    first, last = _LETTER.search(text), _LETTER.search(text[::-1])
    if first is None or last is None:
        return text, "", ""
    start, end = first.start(), len(text) - last.start()
    return text[:start], text[start:end], text[end:]


def _is_regular(text: str) -> bool:
    """Whether a text has one or two different characters, repeats itself or counts up or down."""
    if len(set(text)) <= FEW_CHARACTERS or text in (text + text)[1:-1]:
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    if text.isdecimal():  # 890123 continues after 9
        steps = {step % 10 for step in steps}
    return steps in ({1}, {-1}, {9})


def _is_mostly(password: str, known: Iterable[str]) -> bool:
    """Whether too few characters are left when words that others know are removed."""
    words = {word for each in known for word in (each.casefold(), *_WORD.findall(each.casefold()))}
    words |= {"".join(_WORD.findall(word)) for word in words}
    left = password
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= WORD_LENGTH_MIN or word == password:
            left = left.replace(word, "")
    return left != password and len(left) < LENGTH_MIN
