"""How a profile settles its arguable points, each in the type that the rules ask for."""

from enum import StrEnum

from registry.rules.profiles import Kind, Profile


class Regime(StrEnum):
    """Which body of law governs: data property rights, or public data resources."""

    PROPERTY_RIGHTS = "PROPERTY_RIGHTS"
    PUBLIC_DATA = "PUBLIC_DATA"

    def cite(self, article: str) -> str:
        """The article with the name of the instrument that it is of."""
        if self is Regime.PUBLIC_DATA:
            return f"发改数据规〔2025〕26号 {article}"
        return f"guide {article}"


def regime(profile: Profile) -> Regime:
    return Regime(word(profile, "regime"))


def is_so(profile: Profile, name: str) -> bool:
    """A setting that is yes or no. Raises: ValueError when it is neither; the file is wrong then."""
    value = profile.settings[name].value
    if not isinstance(value, bool):
        raise ValueError(f"{profile.name}: {name} is {value!r}, expected true or false")
    return value


def word(profile: Profile, name: str) -> str:
    """A setting that is one word. Raises: ValueError."""
    value = profile.settings[name].value
    if not isinstance(value, str):
        raise ValueError(f"{profile.name}: {name} is {value!r}, expected a word")
    return value


def words(profile: Profile, name: str) -> tuple[str, ...]:
    """A setting that is a list of words. Raises: ValueError."""
    value = profile.settings[name].value
    if not isinstance(value, tuple):
        raise ValueError(f"{profile.name}: {name} is {value!r}, expected a list")
    return value


def is_barred_by_dispute(kind: Kind, profile: Profile) -> bool:
    """Whether an unresolved dispute over the rights refuses a kind (guide art. 22(3))."""
    return kind.name in words(profile, "dispute_bars")
