"""SQL, commits and dialects stand where they belong."""

import pytest

from tests.arch.conftest import Found

BOTS = "src/fabula/features/bots"


@pytest.mark.parametrize(
    "text",
    [
        "from sqlalchemy import select\n",
        "import sqlalchemy as sa\nROWS = sa.select()\n",
        "import sqlalchemy\nROWS = sqlalchemy.text('SELECT 1')\n",
        "def start(tx):\n    return tx.execute(1)\n",
        "import sqlite3\n",
        "from asyncpg import connect\n",
    ],
)
def test_sql_outside_a_store_is_found(found: Found, text: str) -> None:
    assert [hit.split()[0] for hit in found({f"{BOTS}/start.py": f"{text}START = 1\n"})] == ["sql"]


@pytest.mark.parametrize(
    "place",
    [f"{BOTS}/store.py", "src/fabula/engine/store/jobs.py", "src/fabula/db/outbox.py", "migrations/versions/a.py"],
)
def test_sql_in_a_store_is_not_found(found: Found, place: str) -> None:
    assert (
        found({place: "import sqlite3\nfrom sqlalchemy import select\n\ndef f(tx):\n    tx.execute(select())\n"}) == []
    )


def test_tables_declare_and_index_but_do_not_query(found: Found) -> None:
    declares = "import sqlalchemy as sa\nT = sa.Table()\nI = sa.Index('i', sqlite_where=sa.text('a'))\n"
    assert found({f"{BOTS}/tables.py": declares}) == []
    assert found({f"{BOTS}/tables.py": f"{declares}Q = sa.select(T)\n"}) == ["sql 4"]


def test_a_store_that_is_not_a_slices_own_is_found(found: Found) -> None:
    assert found({"src/fabula/http/store.py": "from sqlalchemy import insert\n"}) == ["sql 1"]


@pytest.mark.parametrize(
    "text",
    [
        "def f(conn):\n    conn.commit()\n",
        "def f(conn):\n    conn.rollback()\n",
        "def f(conn):\n    return conn.begin()\n",
        "\nSAY = 'BEGIN IMMEDIATE'\n",
    ],
)
def test_a_commit_outside_tx_is_found(found: Found, text: str) -> None:
    assert found({f"{BOTS}/store.py": text}) == ["commit 2"]


def test_tx_and_the_dialects_may_commit_and_prose_may_speak_of_it(found: Found) -> None:
    commits = "def f(conn):\n    conn.commit()\n    return 'BEGIN IMMEDIATE'\n"
    prose = '"""BEGIN and COMMIT are said by db/."""\n'
    assert (
        found({"src/fabula/db/tx.py": commits, "src/fabula/db/dialect/one.py": commits, f"{BOTS}/rules.py": prose})
        == []
    )


@pytest.mark.parametrize(
    "text",
    [
        "def f(conn):\n    return conn.dialect.name\n",
        "def f(kind):\n    return kind == 'postgresql'\n",
        "def f(kind):\n    return kind in {'sqlite', 'other'}\n",
        "def f(url):\n    return url.startswith('postgresql+asyncpg:')\n",
        "\nfrom sqlalchemy.dialects.sqlite import JSON\n",
        "\nfrom sqlalchemy import dialects\n",
    ],
)
def test_a_question_which_database_it_is_is_found(found: Found, text: str) -> None:
    assert found({f"{BOTS}/store.py": text}) == ["dialect 2"]


def test_a_match_on_the_database_is_found(found: Found) -> None:
    text = "def f(kind):\n    match kind:\n        case 'sqlite':\n            return 1\n"
    assert found({f"{BOTS}/store.py": text}) == ["dialect 3"]


def test_db_dialect_may_ask_and_db_may_name_types_of_one(found: Found) -> None:
    asks = "def f(conn):\n    return conn.dialect.name == 'sqlite'\n"
    names = "from sqlalchemy.dialects import postgresql\n\nID = postgresql.UUID\n"
    assert found({"src/fabula/db/dialect/one.py": asks, "src/fabula/db/columns.py": names}) == []
