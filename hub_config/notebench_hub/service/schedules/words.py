"""Cron expressions and fire times in the reader's language."""

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, get_day_names, get_month_names
from cron_descriptor import Options, get_description

_LOCALES = {"en": "en_US", "de": "de_DE", "es": "es_ES"}


@lru_cache(maxsize=2048)
def in_words(cron: str, language: str) -> str:
    """What an expression means, one phrase; the expression itself where no words are known for it."""
    options = Options()
    options.locale_code = _LOCALES.get(language, "en_US")
    options.use_24hour_time_format = True
    try:
        phrase = str(get_description(cron, options))
    except Exception:  # the library raises whatever its parser met; the expression says it all
        return cron
    return _ENGLISH.sub(lambda found: _names(language)[found.group()], phrase)


def fire_words(moment: datetime, timezone: str, language: str) -> str:
    """A fire time on the clocks of its time zone, for example `Fri, Nov 20, 2026, 02:30`."""
    local = moment.astimezone(ZoneInfo(timezone))
    locale = _LOCALES.get(language, "en_US")
    return f"{format_skeleton('yMMMEd', local, tzinfo=local.tzinfo, locale=locale)}, {local:%H:%M}"


@lru_cache
def _names(language: str) -> dict[str, str]:
    """Names of days and months by their English ones: the library leaves those to the process's locale."""
    names: dict[str, str] = {}
    for get in (get_day_names, get_month_names):
        english, local = (get("wide", "format", locale) for locale in ("en", language))
        names |= {str(english[key]): str(local[key]) for key in english}
    return names


_ENGLISH = re.compile("|".join(rf"\b{name}\b" for name in _names("en")))
