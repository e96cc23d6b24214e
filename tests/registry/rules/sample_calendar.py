"""A year of the calendar that no notice announced."""

import json
from typing import Any

from registry.rules.workdays import Year


def a_year(year: int, **altered: Any) -> Year:
    """A year without holidays, but for what is given."""
    notice = {
        "title": "通知",
        "number": "tried here",
        "issued": f"{year - 1}-11-01",
        "source": "test",
        "verified": False,
    }
    file = {
        "year": year,
        "version": 1,
        "notices": [notice],
        "days_off": [],
        "make_up_days": [],
        "settled_through": f"{year}-12-25",
        "note": "",
        **altered,
    }
    return Year.model_validate_json(json.dumps(file))


def off(first: str, last: str, days: int | None = None) -> dict[str, object]:
    occasion = {"zh": "假", "en": "holiday"}
    return {"occasion": occasion, "first": first, "last": last, "stated_days": days}
