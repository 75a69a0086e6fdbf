"""The rows of sizes: long chats, many profiles, many messages, large imports. Each has a command of its own with more in it."""

from collections.abc import Awaitable, Callable

from bench import chat_sizes, profile_sizes, search_rows
from bench.import_cards import measure_import as measure_cards
from bench.import_chat import measure_import as measure_chat
from bench.lab import Lab, Result
from bench.load import quantile

Row = Callable[[Lab, str], Awaitable[list[Result]]]
_WORDS = 60


async def measure_chats(lab: Lab, lane: str) -> list[Result]:
    messages = 10_000 if lab.quick else 100_000
    results = []
    for figure in await chat_sizes.run(lab, lane, messages, 100 if lab.quick else 300):
        long, short = quantile(figure.long, 0.5), quantile(figure.short, 0.5)
        ratio = long / short
        good = long <= figure.bar and (figure.ratio_bar is None or ratio <= figure.ratio_bar)
        bar = f"≤ {figure.bar:.0f} ms" + (f", ≤ {figure.ratio_bar} x" if figure.ratio_bar else "")
        beside = f"100 messages {short:.1f} ms"
        name = f"chat of {messages:,}: {figure.what}"
        results.append(Result(name, lane, f"{long:.1f} ms", bar, good, beside, ratio))
    return results


async def measure_profiles(lab: Lab, lane: str) -> list[Result]:
    profiles = 2_000 if lab.quick else 20_000
    times, whole = await profile_sizes.run(lab, lane, profiles, 50 if lab.quick else 200)
    name, spent = max(times.items(), key=lambda found: quantile(found[1], 0.5))
    slowest, bar = quantile(spent, 0.5), profile_sizes.BAR_MS
    row = f"{profiles:,} profiles, the slowest first page: {name}"
    results = [Result(row, lane, f"{slowest:.1f} ms", f"≤ {bar:.0f} ms", slowest <= bar)]
    for name, spent in whole.items():
        p50, bar = quantile(spent, 0.5), profile_sizes.ALL_BAR_MS
        results.append(Result(f"{profiles:,} profiles, {name}", lane, f"{p50:.0f} ms", f"≤ {bar:.0f} ms", p50 <= bar))
    return results


async def measure_search(lab: Lab, lane: str) -> list[Result]:
    messages, bar = (20_000 if lab.quick else 1_000_000), search_rows.BAR_MS
    with lab.folder() as data:
        url = lab.database(lane, data).get("FABULA_DATABASE_URL")
        firsts = await search_rows.run(lane, url, data, messages, _WORDS)
    name = max(firsts, key=firsts.__getitem__)
    row = f"full text in {messages:,} messages, the slowest first page: {name}"
    return [Result(row, lane, f"{firsts[name]:.1f} ms", f"≤ {bar} ms", firsts[name] <= bar)]


async def measure_imports(lab: Lab, lane: str) -> list[Result]:
    share = 10 if lab.quick else 1
    return [*await measure_cards(lab, lane, 1_000 // share), *await measure_chat(lab, lane, 20_000 // share)]


ROWS: dict[str, Row] = {
    "chats": measure_chats,
    "profiles": measure_profiles,
    "search": measure_search,
    "imports": measure_imports,
}
