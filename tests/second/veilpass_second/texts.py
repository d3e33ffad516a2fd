"""Which texts are taken: docs/format.md, Texts and limits; and hints."""
import re

import regex
import unicodedata2

from .errors import Refused, require

assert unicodedata2.unidata_version == "18.0.0"
IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
HINT_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "БГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯ"
WORD = re.compile(f"[0-9]{{2,}}|[{HINT_LETTERS}]+")
LOOKALIKES = ("ЬI", "VV", "IO", "JI", "LLI", "III", "ГI", "IЗ")


def read_text(data, at_most=None, at_least=0):
    try:
        text = bytes(data).decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Refused("a text that is not UTF-8") from None
    require(unicodedata2.normalize("NFC", text) == text, "a text that is not in normalisation form C")
    for letter in text:
        category = unicodedata2.category(letter)
        require(category not in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"), "a character that no text has")
        require(category != "Zs" or letter == " ", "another space than U+0020")
        require(letter != "\u2800" and not IGNORABLE.match(letter), "a character that cannot be seen")
    require(at_most is None or at_least <= len(text) <= at_most, "a text that is too short or too long")
    return text


def check_hint(text):
    """Empty, or words with one '.', '-' or space between each two and perhaps a '.' at the end."""
    if not text:
        return
    words = re.split("[.\\- ]", text[:-1] if text.endswith(".") else text)
    for word in words:
        require(WORD.fullmatch(word), "a hint of other words")
        require(not any(pair in word for pair in LOOKALIKES), "a hint with letters that look like another")
        if len(word) > 1 and not word[0].isdigit():
            require(set(word) - set("OIЗЧБSZBG"), "a hint of letters that look like digits")
