"""Where a Lao line may break. Lao writes no spaces between words; a line may break between syllables, never in one.

The syllables are found by spelling rules; a run that the rules do not understand gets no break, so that a line is at
worst uneven, never wrong.
"""

import re

SAFE_BREAK = "\N{ZERO WIDTH SPACE}"
_CONSONANT = "[ກ-ຮໜໝ]"
_SIGNS = "[ະ-ູົຽ່-ໍ]"
_TONE = "[່-໋໌]"
_ONSET = rf"(?:ຫ(?=[ງຍນມຣລວຼ]{_TONE}*[ະ-ູົຽໍ])[ງຍນມຣລວຼ]|{_CONSONANT}ຼ?(?:ວ(?={_TONE}*[ະ-ູົໍ]))?)"
_FINAL = rf"(?:[ກງຍດນບມວ](?!{_SIGNS}|ຼ|[ອວ][ກງຍດນບມ])໌?)"
_SYLLABLE = re.compile(
    "|".join(
        (
            rf"[ໃໄ]{_ONSET}{_TONE}*",
            rf"[ເແໂ]{_ONSET}{_SIGNS}*(?:ອ(?=ະ|{_FINAL}|[^ກ-ໝ]|$)ະ?)?{_FINAL}?",
            rf"{_ONSET}{_TONE}*(?:ວ|ອ){_TONE}*{_FINAL}",
            rf"{_ONSET}{_SIGNS}+(?:ອ(?=[^ກ-ໝ]|$))?{_FINAL}?",
        )
    )
)


def with_safe_breaks(text: str) -> str:
    """The text with U+200B between Lao syllables that follow one another directly."""
    parts, end = [], 0
    for syllable in _SYLLABLE.finditer(text):
        joins = syllable.start() == end and end > 0 and syllable.start() > 0
        parts.append(text[end : syllable.start()] + (SAFE_BREAK if joins and _is_lao(text[end - 1]) else ""))
        parts.append(syllable.group())
        end = syllable.end()
    return "".join(parts) + text[end:]


def _is_lao(character: str) -> bool:
    return "ກ" <= character <= "ໝ"
