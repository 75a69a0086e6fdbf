"""Which files belong together, and where their branches fork."""

from fabula.features.transfer.chatfile import read_outline
from fabula.features.transfer.family import families
from tests.unit.transfer.making import chat_file, header, said

TALE = [said(f"m{n}", user=n % 2 == 1) for n in range(6)]


def family_of(**files: bytes) -> dict[str, tuple[str | None, int, list[str]]]:
    """name → (parent, shared, note codes), in the order of import."""
    found = families([read_outline(f"{name}.jsonl", data) for name, data in files.items()])
    return {
        line.name: (line.parent.name if line.parent else None, line.shared, [note.code for note in line.notes])
        for lines in found
        for line in lines
    }


def test_a_branch_forks_where_the_files_part() -> None:
    branch = chat_file(header(main_chat="Main"), *TALE[:3], said("else"))
    assert family_of(Branch=branch, Main=chat_file(header(), *TALE)) == {
        "Main": (None, 0, []),
        "Branch": ("Main", 3, []),
    }


def test_branches_of_branches_come_after_their_parents() -> None:
    inner = chat_file(header(main_chat="Branch"), *TALE[:2], said("x"), said("y"))
    branch = chat_file(header(main_chat="Main"), *TALE[:2], said("x"), said("z"))
    found = family_of(Inner=inner, Branch=branch, Main=chat_file(header(), *TALE))
    assert list(found) == ["Main", "Branch", "Inner"]
    assert found["Inner"] == ("Branch", 3, [])


def test_links_set_after_the_copy_do_not_part_the_files_and_are_kept_apart() -> None:
    marked = [*TALE[:2], {**TALE[2], "extra": {"branches": ["Branch"], "bookmark_link": "Branch"}}, *TALE[3:]]
    branch = chat_file(header(main_chat="Main"), *TALE[:3], said("else"))
    outlines = [read_outline("Main.jsonl", chat_file(header(), *marked)), read_outline("Branch.jsonl", branch)]
    ((main, line),) = families(outlines)
    assert (line.parent, line.shared) == (main, 3)
    assert line.own_lines() == {2: TALE[2]}


def test_a_checkpoint_without_messages_of_its_own_shares_all() -> None:
    found = family_of(Main=chat_file(header(), *TALE), Point=chat_file(header(main_chat="Main"), *TALE[:4]))
    assert found["Point"] == ("Main", 4, [])


def test_what_cannot_be_a_branch_is_a_chat_of_its_own_and_says_why() -> None:
    found = family_of(
        Lost=chat_file(header(main_chat="Gone"), *TALE),
        Other=chat_file(header(main_chat="Lost"), said("nothing alike")),
    )
    assert found["Lost"] == (None, 0, ["main_chat_missing"])
    assert found["Other"] == (None, 0, ["nothing_shared"])


def test_circles_end() -> None:
    found = family_of(
        A=chat_file(header(main_chat="B"), *TALE),
        B=chat_file(header(main_chat="A"), *TALE[:2]),
        C=chat_file(header(main_chat="C"), *TALE),
    )
    assert set(found) == {"A", "B", "C"}
    assert found["C"][0] is None
    assert [name for name in ("A", "B") if found[name][0] is None] == ["B"]


def test_files_with_one_name_are_all_imported() -> None:
    data = chat_file(header(), *TALE)
    outlines = [read_outline("a/X.jsonl", data), read_outline("b/X.jsonl", data)]
    assert [len(lines) for lines in families(outlines)] == [1, 1]


def test_equal_values_have_one_key_however_they_are_spaced() -> None:
    import json

    one = chat_file(header(), *TALE)
    other = "\r\n".join(json.dumps(line, indent=None) for line in [header(), *TALE]).encode() + b"\n"
    assert read_outline("a", one).key == read_outline("b", other).key
    assert read_outline("a", one).key != read_outline("a", chat_file(header(x=1), *TALE)).key
