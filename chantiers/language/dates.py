"""Dates in words, in the language of the request: days, instants, delays."""

from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date as babel_format_date
from babel.dates import format_timedelta
from flask_babel import format_datetime, get_locale, ngettext
from flask_babel import gettext as _

from models import HOME, now, today


def date_locale() -> str:
    """Return the locale of dates: our English is that of Britain."""
    locale = str(get_locale())
    return "en_GB" if locale == "en" else locale


def day(value: date | None, form: str = "long") -> str:
    """Format a day: « 12 mars 2026 »; `short` leaves out the year when it is this one: « 12 mars »."""
    if isinstance(value, datetime):
        value = value.astimezone(HOME).date()
    return _day(value, form, date_locale(), today().year) if value else ""


def short_date(value: date | None) -> str:
    """Format a day shortly: « 12 mars », or « 12 mars 2025 » of another year."""
    return day(value, "short")


@lru_cache(maxsize=4096)
def _day(value: date, form: str, locale: str, this_year: int) -> str:
    # Cached: Babel parses its pattern anew at each call, where a page of two hundred dates would spend its time.
    if form == "long":
        return babel_format_date(value, "long", locale=locale)
    return babel_format_date(value, "d MMM" if value.year == this_year else "medium", locale=locale)


def instant(value: datetime | None) -> str:
    """Format an instant, in French time: « 12 mars 2026, 14:32 »."""
    return str(format_datetime(value, "d MMMM y, HH:mm")) if value else ""


def clock(value: datetime) -> str:
    """Format the time of an instant, in French time: « 14:32 »."""
    return str(format_datetime(value, "HH:mm"))


def ago(value: datetime | None) -> str:
    """Format the delay since an instant: « il y a 3 jours »."""
    if value is None:
        return ""
    seconds = (now() - value).total_seconds()
    if seconds < 60:
        return str(_("à l’instant"))
    return str(format_timedelta(value - now(), add_direction=True, locale=get_locale()))


def days_ago(value: datetime) -> str:
    """Format the days since an instant, by French days: « aujourd’hui », « hier », « il y a 12 jours »."""
    days = (today() - value.astimezone(HOME).date()).days
    if days < 1:
        return str(_("aujourd’hui"))
    return str(_("hier") if days == 1 else ngettext("il y a %(num)d jour", "il y a %(num)d jours", days))


def days_late(value: date) -> str:
    """Format the days since a due date: « en retard de 3 jours »."""
    days = (today() - value).days
    return str(ngettext("en retard de %(num)d jour", "en retard de %(num)d jours", days))
