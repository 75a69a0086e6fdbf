"""Macros of time and date. English, like the macros themselves; formats are those of moment.js, which cards expect."""

import re
from datetime import datetime, timedelta, timezone

from fabula.features.prompting.macros.session import Session

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MAX_PATTERN = 200
_FORMAT = re.compile(
    r"\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|Mo|M|DDDD|DDD|DD|Do|D|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|A|a|"
    r"ZZ|Z|X|LTS|LT|LLLL|LLL|LL|L"
)
_LOCALE = {
    "LT": "h:mm A",
    "LTS": "h:mm:ss A",
    "L": "MM/DD/YYYY",
    "LL": "MMMM D, YYYY",
    "LLL": "MMMM D, YYYY h:mm A",
    "LLLL": "dddd, MMMM D, YYYY h:mm A",
}
_OFFSET = re.compile(r"(?:UTC)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _tokens(at: datetime) -> dict[str, str]:
    day_of_year, weekday = at.timetuple().tm_yday, _DAYS[at.weekday()]
    zone = at.strftime("%z") or "+0000"
    return {
        "YYYY": f"{at.year:04d}",
        "YY": f"{at.year % 100:02d}",
        "MMMM": _MONTHS[at.month - 1],
        "MMM": _MONTHS[at.month - 1][:3],
        "MM": f"{at.month:02d}",
        "Mo": _ordinal(at.month),
        "M": str(at.month),
        "DDDD": f"{day_of_year:03d}",
        "DDD": str(day_of_year),
        "DD": f"{at.day:02d}",
        "Do": _ordinal(at.day),
        "D": str(at.day),
        "dddd": weekday,
        "ddd": weekday[:3],
        "dd": weekday[:2],
        "d": str(at.isoweekday() % 7),
        "HH": f"{at.hour:02d}",
        "H": str(at.hour),
        "hh": f"{at.hour % 12 or 12:02d}",
        "h": str(at.hour % 12 or 12),
        "mm": f"{at.minute:02d}",
        "m": str(at.minute),
        "ss": f"{at.second:02d}",
        "s": str(at.second),
        "A": "AM" if at.hour < 12 else "PM",
        "a": "am" if at.hour < 12 else "pm",
        "ZZ": zone,
        "Z": f"{zone[:3]}:{zone[3:5]}",
        "X": str(int(at.timestamp())),
    }


def format_moment(at: datetime, pattern: str) -> str:
    """Format by moment.js tokens; text in square brackets is literal."""
    tokens = _tokens(at)
    localised = _FORMAT.sub(lambda m: _LOCALE.get(m.group(), m.group()), pattern)
    return _FORMAT.sub(lambda m: m.group(1) if m.group(1) is not None else tokens.get(m.group(), ""), localised)


def humanize(span: timedelta) -> str:
    """A rough length of time, by the thresholds of moment.js."""
    seconds = abs(span.total_seconds())
    minutes, hours, days = round(seconds / 60), round(seconds / 3600), round(seconds / 86_400)
    months, years = round(days / 30.4368), round(days / 365.2425)
    steps = (
        (round(seconds) <= 44, "a few seconds"),
        (minutes <= 1, "a minute"),
        (minutes < 45, f"{minutes} minutes"),
        (hours <= 1, "an hour"),
        (hours < 22, f"{hours} hours"),
        (days <= 1, "a day"),
        (days < 26, f"{days} days"),
        (months <= 1, "a month"),
        (months < 11, f"{months} months"),
        (years <= 1, "a year"),
    )
    return next((words for fits, words in steps if fits), f"{years} years")


def tell_time(session: Session, args: tuple[str, ...]) -> str | None:
    """`{{time}}`, `{{time::UTC+2}}` and `{{time_UTC+2}}`."""
    at = session.ctx.now
    if args:
        match = _OFFSET.fullmatch(args[0].strip())
        if match is None:
            return None
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset >= timedelta(hours=24):
            return None
        at = at.astimezone(timezone(-offset if match[1] == "-" else offset))
    return format_moment(at, "LT")


def tell_date(session: Session, args: tuple[str, ...]) -> str:
    return format_moment(session.ctx.now, "LL")


def tell_weekday(session: Session, args: tuple[str, ...]) -> str:
    return format_moment(session.ctx.now, "dddd")


def tell_iso_time(session: Session, args: tuple[str, ...]) -> str:
    return format_moment(session.ctx.now, "HH:mm")


def tell_iso_date(session: Session, args: tuple[str, ...]) -> str:
    return format_moment(session.ctx.now, "YYYY-MM-DD")


def format_now(session: Session, args: tuple[str, ...]) -> str | None:
    if len(args[0]) > _MAX_PATTERN:
        return None
    return format_moment(session.ctx.now, args[0])


def tell_idle(session: Session, args: tuple[str, ...]) -> str:
    since = session.ctx.last.user_at
    return "just now" if since is None else humanize(session.ctx.now - since)


def tell_difference(session: Session, args: tuple[str, ...]) -> str | None:
    """How far the first time lies from the second: `in 2 hours`, or `2 hours ago`. A time without a zone is ours."""
    try:
        first, second = (datetime.fromisoformat(arg) for arg in args)
    except ValueError:
        return None
    zone = session.ctx.now.tzinfo
    span = (first if first.tzinfo else first.replace(tzinfo=zone)) - (
        second if second.tzinfo else second.replace(tzinfo=zone)
    )
    return f"in {humanize(span)}" if span > timedelta() else f"{humanize(span)} ago"
