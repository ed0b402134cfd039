"""What a model's name says: its family, its version and its size, as far as names follow the usual pattern."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SIZES: Final = {
    **{"nano": 0, "lite": 0, "mini": 1, "haiku": 1, "flash": 1, "small": 1, "medium": 2, "sonnet": 2, "large": 3},
    **{"pro": 3, "opus": 3},
}
USUAL_SIZE: Final = 2
DATED: Final = re.compile(r"[-@](\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$")
VERSION: Final = re.compile(r"(\d+(?:\.\d+)*)o?")
LETTERS_AND_VERSION: Final = re.compile(r"([a-z]+)(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class ModelName:
    """A name taken apart; `plain`: nothing in it says that it is for images, speech or anything else special."""

    family: str
    version: tuple[int, ...]
    size: int
    plain: bool

    @property
    def generation(self) -> int:
        """The first number of the version; 0 where there is none."""
        return self.version[0] if self.version else 0


@lru_cache(maxsize=4096)
def read_name(model: str) -> ModelName:
    """Takes a model's name apart."""
    words = re.split(r"[-_ ]", DATED.sub("", model.casefold().rpartition("/")[2]))
    family, version = split_first(words[0])
    sizes: list[int] = []
    plain = True
    for word in words[1:]:
        number = VERSION.fullmatch(word)
        if number:
            version += tuple(int(part) for part in number[1].split("."))
        elif word in SIZES:
            sizes.append(SIZES[word])
        else:
            plain = False
    return ModelName(family, version, min(sizes, default=USUAL_SIZE), plain and bool(version))


def split_first(word: str) -> tuple[str, tuple[int, ...]]:
    """`o3` is the family o in version 3."""
    found = LETTERS_AND_VERSION.fullmatch(word)
    if found is None:
        return word, ()
    return found[1], tuple(int(part) for part in found[2].split("."))
