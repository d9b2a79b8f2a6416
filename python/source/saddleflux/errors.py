"""What can go wrong, in three kinds, and what a result warns of."""

from __future__ import annotations

from typing import Any

__all__ = ["InputError", "Interrupted", "SaddlefluxWarning", "UnsolvableError", "wrong"]


class _Told(BaseException):
    """A fault with what is known of it.

    Attributes
    ----------
    key : str or None
        The dotted key of the configuration behind it, such as ``"noise.temperature"``, or the name of an argument.
    value : object or None
        What was given for it.
    rule : str or None
        What is allowed.
    remedy : str or None
        What to change.
    """

    key: str | None
    value: Any
    rule: str | None
    remedy: str | None

    def __init__(
        self,
        message: str = "",
        *,
        key: str | None = None,
        value: Any = None,
        rule: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.key, self.value, self.rule, self.remedy = key, value, rule, remedy

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions of worker processes come back pickled.
        return (_raised, (type(self), str(self), self.key, self.value, self.rule, self.remedy))


def _raised(kind: type, message: str, key: str | None, value: Any, rule: str | None, remedy: str | None) -> Any:
    return kind(message, key=key, value=value, rule=rule, remedy=remedy)


class InputError(_Told, ValueError):
    """The input is wrong (exit status 2 of the command line)."""


def wrong(key: str, value: Any, rule: str, remedy: str, fact: str | None = None) -> InputError:
    """An input that breaks a rule: ``fact`` is what it does, where its value does not say so."""
    told = f"is {_short(value)}" if fact is None else fact
    return InputError(f"{key}: {told}, but must be {rule}: {remedy}", key=key, value=value, rule=rule, remedy=remedy)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) and "\n" not in value else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


class UnsolvableError(_Told, RuntimeError):
    """The input is right, and can't be solved as posed: degenerate, under-resolved, too large for the memory (status 3)."""


class Interrupted(_Told, KeyboardInterrupt):
    """Somebody pressed Ctrl-C. It is a ``KeyboardInterrupt``, so that ``except Exception`` does not swallow it."""


class SaddlefluxWarning(UserWarning):
    """What the reader of a result must know: an error that could not be estimated, a wall out of reach."""
