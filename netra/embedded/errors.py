"""What can be wrong with a machine, said so that its user can act on it."""


class SetUpError(Exception):
    """Netra cannot start; the text says why and what to do, the code never changes."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
